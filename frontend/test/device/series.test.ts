import { describe, expect, it } from 'vitest';
import { extentOf, gapsOf, merge, since, together, until } from '../../src/data/series';

const series = (...points: [number, number][]) => ({
  times: points.map(([time]) => time),
  values: points.map(([, value]) => value),
});

describe('merge', () => {
  it('puts stored readings in front of those that were seen', () => {
    const stored = series([1, 10], [2, 20], [3, 30]);
    expect(merge(stored, series([4, 40], [5, 50]))).toEqual(series([1, 10], [2, 20], [3, 30], [4, 40], [5, 50]));
  });

  it('has each moment once, and the newer source wins', () => {
    expect(merge(series([1, 10], [2, 20], [3, 30]), series([2.1, 21], [3, 31], [4, 41]))).toEqual(
      series([1, 10], [2.1, 21], [3, 31], [4, 41]),
    );
  });

  it('does not let an unknown value hide a known one', () => {
    expect(merge(series([1, 10], [2, 20]), series([2, Number.NaN], [3, 30]))).toEqual(
      series([1, 10], [2, 20], [3, 30]),
    );
  });

  it('stays in order where the sources overlap', () => {
    const { times } = merge(series([1, 0], [3, 0], [5, 0]), series([2, 0], [4, 0], [6, 0]));
    expect(times).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is the other one where one is empty', () => {
    const some = series([1, 1]);
    expect(merge(series(), some)).toBe(some);
    expect(merge(some, series())).toBe(some);
  });
});

describe('gaps', () => {
  it('lie between known readings that are too far apart', () => {
    expect(gapsOf(series([0, 1], [1, 1], [400, 1], [401, 1]), 5)).toEqual([{ from: 1, to: 400 }]);
  });

  it('are seen through unknown values', () => {
    expect(gapsOf(series([0, 1], [3, Number.NaN], [6, Number.NaN], [9, 1]), 5)).toEqual([{ from: 0, to: 9 }]);
  });

  it('do not begin before the first reading, nor after the last', () => {
    expect(gapsOf(series([0, Number.NaN], [50, 1], [51, 1], [99, Number.NaN]), 5)).toEqual([]);
  });
});

describe('a part of a series', () => {
  const all = series([1, 10], [2, 20], [3, 30]);

  it('begins and ends where it is told', () => {
    expect(since(all, 2)).toEqual(series([2, 20], [3, 30]));
    expect(until(all, 2)).toEqual(series([1, 10], [2, 20]));
    expect(since(all, 9)).toEqual(series());
  });

  it('says what was newest, lowest and highest', () => {
    expect(extentOf(series([1, 5], [2, 9], [3, 2], [4, Number.NaN]))).toEqual({
      newest: 2,
      newestAt: 3,
      lowest: 2,
      highest: 9,
    });
    expect(extentOf(series([1, Number.NaN]))).toBeNull();
  });
});

describe('several GPUs together', () => {
  it('are averaged and added over those that are known', () => {
    const all = [series([1, 10], [2, 20], [3, Number.NaN]), series([1, 30], [2, Number.NaN], [3, Number.NaN])];
    expect(together(all, 'mean')).toEqual(series([1, 20], [2, 20], [3, Number.NaN]));
    expect(together(all, 'sum').values[0]).toBe(40);
  });
});
