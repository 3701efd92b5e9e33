import { describe, expect, it } from 'vitest';
import { commandKey, shortcutGroups } from '../../src/app/shortcuts';

describe('the list of keys', () => {
  const groups = shortcutGroups('Ctrl');

  it('has every key of the page', () => {
    const keys = groups.flatMap(({ where, keys: some }) => some.map((each) => `${where} ${each.keys.join(' ')}`));
    expect(keys).toEqual(
      expect.arrayContaining([
        'everywhere /',
        'everywhere Ctrl K',
        'everywhere g o',
        'everywhere g d',
        'everywhere g n',
        'everywhere g r',
        'everywhere g a',
        'everywhere g m',
        'everywhere g s',
        'everywhere p',
        'everywhere ?',
        'map 1 2 3 4',
        'map t',
        'list j ↓',
        'list k ↑',
        'list f',
        'devices x',
        'devices c',
        'allocations r',
        'request Ctrl Enter',
        'device [ ]',
        'planner Enter',
        'planner Ctrl Z',
      ]),
    );
  });

  it('has none twice in one place', () => {
    for (const { keys } of groups) {
      const all = keys.map((each) => each.keys.join(' '));
      expect(new Set(all).size).toBe(all.length);
    }
  });

  it('names the command key of the machine', () => {
    expect(commandKey('MacIntel')).toBe('⌘');
    expect(commandKey('Linux x86_64')).toBe('Ctrl');
    expect(commandKey('Win32')).toBe('Ctrl');
  });
});
