import { describe, expect, it } from 'vitest';
import { type Carry, inTheWay, nextStart, over, type Stage, takeUp, walk } from '../../src/mig/carry';
import { A100, at } from './a100';

const OFF: Stage = { id: 'off', partitioned: false, geometry: A100, layout: [] };
const FULL: Stage = { id: 'full', partitioned: true, geometry: A100, layout: [at('7g.80gb', 0)] };
const HALF: Stage = { id: 'half', partitioned: true, geometry: A100, layout: [at('3g.40gb', 0), at('1g.10gb', 5)] };
const EMPTY: Stage = { id: 'empty', partitioned: true, geometry: A100, layout: [] };
const OTHER: Stage = { id: 'other', partitioned: true, geometry: { ...A100, profiles: [] }, layout: [] };

const carried = (profileName: string, deviceId: string, start: number, from: Carry['from'] = null): Carry => ({
  profileName,
  deviceId,
  start,
  from,
});

describe('a profile that is taken up', () => {
  it('is held where it fits first, on the preferred GPU if it does there', () => {
    expect(takeUp([FULL, HALF, EMPTY], '1g.10gb', null)).toEqual(carried('1g.10gb', 'half', 4));
    expect(takeUp([FULL, HALF, EMPTY], '1g.10gb', 'empty')).toEqual(carried('1g.10gb', 'empty', 0));
    expect(takeUp([FULL, HALF, EMPTY], '1g.10gb', 'full')).toEqual(carried('1g.10gb', 'half', 4));
  });

  it('is held over a GPU in MIG mode before one that is not', () => {
    expect(takeUp([OFF, EMPTY], '1g.10gb', null)?.deviceId).toBe('empty');
    expect(takeUp([OFF, FULL], '1g.10gb', null)?.deviceId).toBe('off');
  });

  it('is held over what is in the way where it fits nowhere', () => {
    expect(takeUp([FULL], '4g.40gb', null)).toEqual(carried('4g.40gb', 'full', 0));
    expect(takeUp([OTHER], '4g.40gb', null)).toBeNull();
  });

  it('walks through the starts that fit', () => {
    const first = carried('1g.10gb', 'half', 4);
    const second = walk([HALF], first, 'right');
    expect(second.start).toBe(6); // 5 is held
    expect(walk([HALF], second, 'right')).toBe(second);
    expect(walk([HALF], second, 'left')).toEqual(first);
  });

  it('walks through all starts where none fits', () => {
    expect(walk([FULL], carried('2g.20gb', 'full', 0), 'right').start).toBe(2);
  });

  it('goes to the next GPU that has it, near to where it was', () => {
    const down = walk([HALF, OTHER, EMPTY], carried('1g.10gb', 'half', 6), 'down');
    expect(down).toEqual(carried('1g.10gb', 'empty', 6));
    expect(walk([HALF, OTHER, EMPTY], down, 'down')).toBe(down);
    expect(walk([HALF, EMPTY], carried('3g.40gb', 'empty', 0), 'up')).toEqual(carried('3g.40gb', 'half', 0));
  });

  it('snaps under the pointer to the nearest start, also where it does not fit', () => {
    expect(over(HALF, carried('2g.20gb', 'empty', 0), 2.9)).toEqual(carried('2g.20gb', 'half', 2));
    expect(over(HALF, carried('2g.20gb', 'empty', 0), 7.9).start).toBe(4);
    expect(inTheWay(HALF, carried('2g.20gb', 'half', 2))?.blockers).toEqual([at('3g.40gb', 0)]);
  });

  it('is not in its own way when it is moved', () => {
    const stage = { ...EMPTY, layout: [at('3g.40gb', 0)] };
    expect(inTheWay(stage, carried('3g.40gb', 'empty', 0, at('3g.40gb', 0)))).toBeNull();
    expect(inTheWay(stage, carried('3g.40gb', 'empty', 0))?.kind).toBe('held');
  });
});

it('an instance moves to the next start that is free', () => {
  expect(nextStart(HALF, at('1g.10gb', 5), 1)).toBe(6);
  expect(nextStart(HALF, at('1g.10gb', 5), -1)).toBe(4);
  expect(nextStart(HALF, at('3g.40gb', 0), 1)).toBeNull();
  expect(nextStart(FULL, at('7g.80gb', 0), -1)).toBeNull();
});
