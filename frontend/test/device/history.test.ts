import { describe, expect, it } from 'vitest';
import { type HistorySource, joined, KEPT_S, newestChange, Recorder, seen } from '../../src/data/device';
import { History } from '../../src/data/history';
import { judge } from '../../src/data/states';
import { totalsOf } from '../../src/data/totals';
import type { Change, Frame } from '../../src/data/types';
import { frame, layout } from '../fleet-of';

const source = (...times: number[]): HistorySource => ({
  series: () => ({ times, values: times.map((time) => time * 10) }),
});

function filled(frames: readonly Partial<Frame>[]): History {
  const history = new History();
  frames.forEach((changes, second) => {
    const of = layout(2);
    const now = frame(2, changes);
    history.add(now, totalsOf(of, now, judge(of, now, 0)), second * 1000);
  });
  return history;
}

describe('sources of history', () => {
  it('are joined without a seam, the last one trusted most', () => {
    expect(joined(source(1, 2, 3), source(3, 4)).series('power').times).toEqual([1, 2, 3, 4]);
  });

  it('speak of one GPU or of several', () => {
    const history = filled([{ gpuUtilizationPct: [10, 30] }, { gpuUtilizationPct: [20, 40] }]);
    expect(seen(history, [1]).series('utilization').values).toEqual([30, 40]);
    expect(seen(history, [0, 1]).series('utilization').values).toEqual([20, 30]);
  });

  it('do not repeat a reading that is too old', () => {
    const history = filled([{ ageMs: [400, 400] }, { ageMs: [400, 31_000] }]);
    expect(seen(history, [0]).series('power').values).toEqual([200, 200]);
    expect(seen(history, [1]).series('power').values).toEqual([200, Number.NaN]);
  });
});

describe('a recorder', () => {
  it('keeps what its source has forgotten', () => {
    const recorder = new Recorder();
    recorder.record(source(1, 2, 3), ['power']);
    recorder.record(source(3, 4), ['power']);
    expect(recorder.series('power').times).toEqual([1, 2, 3, 4]);
  });

  it('lets go of what is older than an hour', () => {
    const recorder = new Recorder();
    recorder.record(source(1, 100), ['power']);
    recorder.record(source(KEPT_S + 50), ['power']);
    expect(recorder.series('power').times).toEqual([100, KEPT_S + 50]);
  });
});

it('the newest change is that of the GPUs that are asked for', () => {
  const changes = [9, 7, 5].map((sequence) => ({ sequence, entityId: sequence === 9 ? 'other' : 'mine' }) as Change);
  expect(newestChange(changes, new Set(['mine']))).toBe(7);
  expect(newestChange(changes, new Set(['nobody']))).toBe(0);
});
