/** Readings over time: putting sources together, finding gaps. Pure. Times are seconds since the epoch. */

import type { Series } from './history';

/** Readings closer together than this are one and the same, told by two sources. */
const SAME_S = 0.5;

export const EMPTY: Series = { times: [], values: [] };

/**
 * Both as one, oldest first and without duplicates. Where both speak of the same moment `newer` wins, unless it does
 * not know the value.
 */
export function merge(older: Series, newer: Series): Series {
  if (!older.times.length) return newer;
  if (!newer.times.length) return older;
  const times: number[] = [];
  const values: number[] = [];
  let o = 0;
  let n = 0;
  while (o < older.times.length || n < newer.times.length) {
    const olderAt = older.times[o] ?? Number.POSITIVE_INFINITY;
    const newerAt = newer.times[n] ?? Number.POSITIVE_INFINITY;
    const olderValue = older.values[o] ?? Number.NaN;
    const newerValue = newer.values[n] ?? Number.NaN;
    if (Math.abs(olderAt - newerAt) < SAME_S) {
      times.push(newerAt);
      values.push(Number.isNaN(newerValue) ? olderValue : newerValue);
      o += 1;
      n += 1;
    } else if (olderAt < newerAt) {
      times.push(olderAt);
      values.push(olderValue);
      o += 1;
    } else {
      times.push(newerAt);
      values.push(newerValue);
      n += 1;
    }
  }
  return { times, values };
}

/** The readings from a moment on. */
export function since(series: Series, from: number): Series {
  let first = 0;
  while (first < series.times.length && (series.times[first] ?? 0) < from) first += 1;
  return first === 0 ? series : { times: series.times.slice(first), values: series.values.slice(first) };
}

/** The readings up to a moment. */
export function until(series: Series, to: number): Series {
  let last = series.times.length;
  while (last > 0 && (series.times[last - 1] ?? 0) > to) last -= 1;
  return last === series.times.length
    ? series
    : { times: series.times.slice(0, last), values: series.values.slice(0, last) };
}

/** Every value through `by`: MiB to GiB. */
export function scaled(series: Series, by: (value: number) => number): Series {
  return { times: series.times, values: series.values.map(by) };
}

/** A stretch without readings, between two that are known. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** Where two known readings that follow one another lie further apart than `longest` seconds. */
export function gapsOf({ times, values }: Series, longest: number): readonly Gap[] {
  const gaps: Gap[] = [];
  let before: number | null = null;
  times.forEach((time, at) => {
    if (Number.isNaN(values[at] ?? Number.NaN)) return;
    if (before !== null && time - before > longest) gaps.push({ from: before, to: time });
    before = time;
  });
  return gaps;
}

/** What a line through the readings says in words; null: nothing is known. */
export interface Extent {
  readonly newest: number;
  readonly newestAt: number;
  readonly lowest: number;
  readonly highest: number;
}

export function extentOf({ times, values }: Series): Extent | null {
  let extent: Extent | null = null;
  values.forEach((value, at) => {
    if (Number.isNaN(value)) return;
    extent = {
      newest: value,
      newestAt: times[at] ?? Number.NaN,
      lowest: Math.min(extent?.lowest ?? value, value),
      highest: Math.max(extent?.highest ?? value, value),
    };
  });
  return extent;
}

/** Several GPUs' readings as one, tick by tick: their mean or sum over those that are known. All share their times. */
export function together(all: readonly Series[], how: 'mean' | 'sum'): Series {
  const times = all[0]?.times ?? [];
  const values = times.map((_, at) => {
    const known = all.flatMap(({ values: each }) => {
      const value = each[at];
      return value === undefined || Number.isNaN(value) ? [] : [value];
    });
    if (!known.length) return Number.NaN;
    const sum = known.reduce((total, value) => total + value, 0);
    return how === 'sum' ? sum : sum / known.length;
  });
  return { times, values };
}
