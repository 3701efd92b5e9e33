/** What a live chart draws, worked out from its readings. Pure. Times are seconds since the epoch. */

import type { Series } from '../data/history';
import type { Gap } from '../data/series';
import { clock } from '../format/format';

/** A stretch of time, in seconds since the epoch. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
}

/** Columns for uPlot: times, and values with null where the line is broken. */
export type Columns = [number[], (number | null)[]];

/** The readings as columns. Gaps break the line; the ends of the span stand in where there is nothing to draw. */
export function columnsOf({ times, values }: Series, gaps: readonly Gap[], span: TimeSpan): Columns {
  if (!times.length) {
    return [
      [span.from, span.to],
      [null, null],
    ];
  }
  const breaks = new Map(gaps.map(({ from, to }) => [from, (from + to) / 2]));
  const xs: number[] = [];
  const ys: (number | null)[] = [];
  times.forEach((time, at) => {
    const value = values[at] ?? Number.NaN;
    xs.push(time);
    ys.push(Number.isNaN(value) ? null : value);
    const middle = breaks.get(time);
    if (middle === undefined || middle >= (times[at + 1] ?? Number.POSITIVE_INFINITY)) return;
    xs.push(middle);
    ys.push(null);
  });
  return [xs, ys];
}

/** Positions of readings without a neighbour: a line through them has no length, so they are drawn as points. */
export function isolated(values: ArrayLike<number | null | undefined>): number[] {
  const isKnown = (at: number) => typeof values[at] === 'number';
  return Array.from(values, (_, at) => at).filter((at) => isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1));
}

const STEPS = [1, 2, 2.5, 5, 10] as const;

/** Round numbers from `low` to `high`, at most `most` + 1 of them: where the grid lies. */
export function ticksOf(low: number, high: number, most = 4): number[] {
  const raw = (high - low) / most;
  const decade = 10 ** Math.floor(Math.log10(raw));
  const step = decade * (STEPS.find((candidate) => candidate * decade >= raw * (1 - 1e-9)) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-6; tick += step) ticks.push(tick);
  return ticks;
}

/** The top of a power axis, W: above the limit, and above what was measured where no limit is known. */
export function powerTop(limitW: number | null, highestW: number | null): number {
  const needed = Math.max((limitW ?? 0) * 1.1, (highestW ?? 0) * 1.05, 100);
  const step = needed > 2000 ? 1000 : needed > 400 ? 200 : 100;
  return Math.ceil(needed / step) * step;
}

/** 10:42, with seconds where the axis shows little time. */
export function timeText(at: number, spanS: number): string {
  const text = clock(new Date(at * 1000));
  return spanS > 240 ? text.slice(0, 5) : text;
}

/** The position of the reading nearest to a time; null where there is none. */
export function nearest(times: readonly number[], at: number): number | null {
  let best: number | null = null;
  times.forEach((time, position) => {
    if (best === null || Math.abs(time - at) < Math.abs((times[best] ?? 0) - at)) best = position;
  });
  return best;
}
