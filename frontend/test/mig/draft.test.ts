import { describe, expect, it } from 'vitest';
import {
  add,
  type Board,
  discard,
  fix,
  isEmpty,
  move,
  redo,
  release,
  remove,
  replaceAll,
  reset,
  settled,
  START,
  undo,
  wantedOf,
} from '../../src/mig/draft';
import { movesFor, obstacleOf } from '../../src/mig/geometry';
import { A100, at } from './a100';

const BOARD: Board = { id: 'dev_1', geometry: A100, layout: [at('3g.40gb', 0), at('1g.10gb', 4)] };

describe('a draft', () => {
  it('holds what is added, removed and moved, in the order of the slices', () => {
    const added = add(START, BOARD, at('1g.10gb', 6));
    const moved = move(added, BOARD, at('1g.10gb', 4), 5);
    const removed = remove(moved, BOARD, at('3g.40gb', 0));
    expect(wantedOf(removed.now, BOARD)).toEqual([at('1g.10gb', 5), at('1g.10gb', 6)]);
  });

  it('forgets a GPU that is as it was', () => {
    const added = add(START, BOARD, at('1g.10gb', 6));
    expect(added.now.plans.has('dev_1')).toBe(true);
    expect(isEmpty(remove(added, BOARD, at('1g.10gb', 6)).now)).toBe(true);
  });

  it('keeps what does not fit as dropped, beside the layout', () => {
    const { now } = add(START, BOARD, at('4g.40gb', 0));
    expect(now.plans.get('dev_1')).toEqual({ layout: BOARD.layout, dropped: at('4g.40gb', 0) });
  });

  it('makes room for it in one step', () => {
    const board = { ...BOARD, layout: [at('3g.40gb', 0)] };
    const dropped = add(START, board, at('4g.40gb', 0));
    const obstacle = obstacleOf(A100, board.layout, at('4g.40gb', 0));
    if (!obstacle) throw new Error('it fits');
    const fixed = fix(dropped, board, obstacle, movesFor(A100, board.layout, obstacle) ?? []);
    expect(fixed.now.plans.get('dev_1')).toEqual({ layout: [at('4g.40gb', 0), at('3g.40gb', 4)], dropped: null });
    expect(fixed.past).toHaveLength(2);
  });

  it('does not move to where it cannot be', () => {
    expect(move(START, BOARD, at('1g.10gb', 4), 0)).toBe(START);
    expect(move(START, BOARD, at('1g.10gb', 4), 7)).toBe(START);
    expect(move(START, BOARD, at('1g.10gb', 4), 4)).toBe(START);
  });

  it('moves into slices that it holds itself', () => {
    const board = { ...BOARD, layout: [at('1g.20gb', 2)] };
    expect(wantedOf(move(START, board, at('1g.20gb', 2), 0).now, board)).toEqual([at('1g.20gb', 0)]);
  });
});

describe('every step', () => {
  const steps = release(add(remove(START, BOARD, at('1g.10gb', 4)), BOARD, at('3g.40gb', 4)), 'alloc_1', true);

  it('can be taken back and done again', () => {
    const back = undo(undo(steps));
    expect(wantedOf(back.now, BOARD)).toEqual([at('3g.40gb', 0)]);
    expect(back.now.released.size).toBe(0);
    expect(redo(redo(back)).now).toEqual(steps.now);
    expect(undo(undo(undo(undo(steps)))).now).toBe(START.now);
    expect(redo(steps)).toEqual(steps);
  });

  it('ends what was taken back before it', () => {
    expect(add(undo(steps), BOARD, at('1g.10gb', 6)).future).toEqual([]);
  });

  it('is kept up to a bound', () => {
    let many = START;
    for (let at = 0; at < 300; at += 1) many = release(many, `alloc_${at}`, true);
    expect(many.past).toHaveLength(100);
  });

  it('is one to give all up, and one to reset a GPU', () => {
    expect(isEmpty(discard(steps).now)).toBe(true);
    expect(undo(discard(steps)).now).toEqual(steps.now);
    expect(isEmpty(reset(steps, BOARD).now)).toBe(true);
    expect(discard(START)).toBe(START);
  });

  it('is one for the layouts of several GPUs', () => {
    const other = { ...BOARD, id: 'dev_2' };
    const both = replaceAll(START, [
      [BOARD, [at('7g.80gb', 0)]],
      [other, []],
    ]);
    expect(both.past).toHaveLength(1);
    expect([wantedOf(both.now, BOARD), wantedOf(both.now, other)]).toEqual([[at('7g.80gb', 0)], []]);
    expect(undo(both).now).toEqual(START.now);
  });

  it('of a GPU that was changed is past', () => {
    const other = { ...BOARD, id: 'dev_2' };
    const two = add(steps, other, at('1g.10gb', 6));
    const after = settled(two, new Set(['dev_1']));
    expect([...after.now.plans.keys()]).toEqual(['dev_2']);
    expect(after.past).toEqual([]);
    expect(settled(after, new Set(['dev_2'])).now.released.size).toBe(0);
  });
});
