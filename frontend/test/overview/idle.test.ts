import { describe, expect, it } from 'vitest';
import { NO_EXCEPTIONS } from '../../src/data/exceptions';
import { NOBODY } from '../../src/data/holding';
import { History } from '../../src/data/history';
import { judge } from '../../src/data/states';
import { totalsOf } from '../../src/data/totals';
import type { Frame } from '../../src/data/types';
import { idleOf, idleSince, IdleTimes } from '../../src/overview/idle';
import { frame, layout } from '../fleet-of';

const COUNT = 2;
const START = Date.parse('2026-01-01T00:00:00Z');

/** A history of ticks: seconds after the start, and the frame's values. */
function history(ticks: readonly (readonly [number, Partial<Frame>])[], before = new History()): History {
  for (const [second, changes] of ticks) {
    const shown = frame(COUNT, changes);
    const fleet = layout(COUNT);
    before.add(shown, totalsOf(fleet, shown, judge(fleet, shown, 0)), START + second * 1000);
  }
  return before;
}

const IDLE = { gpuUtilizationPct: [0, 50], memoryUsedMb: [40_960, 40_960] } as const;
const BUSY = { gpuUtilizationPct: [50, 50], memoryUsedMb: [40_960, 40_960] } as const;

describe('idle holders', () => {
  const idle = (count: number, changes: Partial<Frame>) =>
    idleOf({ layout: layout(count), frame: frame(count, changes), exceptions: NO_EXCEPTIONS, holdingOf: NOBODY });

  it('are nodes, by the memory that is held without load', () => {
    const { holders, gpus, heldMb } = idle(5, {
      gpuUtilizationPct: [0, 60, 4.9, 0, 0],
      memoryUsedMb: [10_000, 70_000, 20_000, 255, 5_000],
    });
    expect(holders.map(({ node, positions, heldMb: held }) => [node.nodeName, positions, held])).toEqual([
      ['node-b', [2, 4], 25_000],
      ['node-a', [0], 10_000],
    ]);
    expect([gpus, heldMb]).toEqual([3, 35_000]);
  });

  it('are not those of which nothing is known now, or that are out of service', () => {
    const changes = { gpuUtilizationPct: [0, 0, 0], ageMs: [40_000, 400, null] } as const;
    expect(idle(3, { ...changes, deviceStatuses: ['ACTIVE', 'CORDONED', 'ACTIVE'] }).holders).toEqual([]);
  });
});

describe('since when a GPU is idle', () => {
  it('is the tick after its last load', () => {
    const seen = history([
      [0, IDLE],
      [1, BUSY],
      [2, IDLE],
      [3, IDLE],
    ]);
    expect(idleSince(seen, 0)).toEqual({ at: START + 2000, orBefore: false });
    expect(idleSince(seen, 1)).toBeNull();
  });

  it('is at least since the page looks, where it was idle all the time', () => {
    const seen = history([
      [0, IDLE],
      [1, IDLE],
    ]);
    expect(idleSince(seen, 0)).toEqual({ at: START, orBefore: true });
  });

  it('does not reach over what the page has not seen', () => {
    const seen = history([
      [0, IDLE],
      [100, IDLE],
      [101, IDLE],
    ]);
    expect(idleSince(seen, 0)).toEqual({ at: START + 100_000, orBefore: true });
  });

  it('of several is since the last of them', () => {
    const both = { gpuUtilizationPct: [0, 0], memoryUsedMb: [40_960, 40_960] } as const;
    const seen = history([
      [0, IDLE],
      [1, both],
    ]);
    const times = new IdleTimes();
    times.begin(START + 1000);
    const gpus = [
      { id: 'dev_0', position: 0 },
      { id: 'dev_1', position: 1 },
    ];
    expect(times.ofAll(gpus, seen)).toEqual({ at: START + 1000, orBefore: false });
  });

  it('is kept while it is asked for at every tick, though the history begins anew', () => {
    const times = new IdleTimes();
    times.begin(START + 1000);
    times.of('dev_0', history([[0, IDLE]]), 0);
    times.begin(START + 2000);
    expect(times.of('dev_0', history([[2, IDLE]]), 0)).toEqual({ at: START, orBefore: true });
  });

  it('is forgotten when a tick did not ask', () => {
    const times = new IdleTimes();
    times.begin(START + 1000);
    times.of('dev_0', history([[0, IDLE]]), 0);
    times.begin(START + 2000);
    times.begin(START + 3000);
    expect(times.of('dev_0', history([[3, IDLE]]), 0)).toEqual({ at: START + 3000, orBefore: true });
  });
});
