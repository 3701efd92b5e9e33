import { describe, expect, it } from 'vitest';
import { keyOf } from '../../src/app/key-of';

describe('the key that was meant', () => {
  it.each([
    ['j', 'KeyJ', 'j'],
    ['J', 'KeyJ', 'j'],
    ['ㅓ', 'KeyJ', 'j'],
    ['й', 'KeyQ', 'q'],
    ['Process', 'KeyP', 'p'],
    ['/', 'Slash', '/'],
    ['?', 'Slash', '?'],
    ['a', 'KeyQ', 'a'], // a French keyboard: the letter counts, not the place
    ['ö', 'Semicolon', 'ö'],
    ['Enter', 'Enter', 'Enter'],
    ['ArrowUp', 'ArrowUp', 'ArrowUp'],
  ])('%s on %s is %s', (key, code, meant) => {
    expect(keyOf({ key, code })).toBe(meant);
  });
});
