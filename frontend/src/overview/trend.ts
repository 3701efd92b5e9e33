/** The last minutes of the fleet as a few points for a small line. Pure. */

import type { FleetPoint } from '../data/history';

export interface Trend {
  /** Means of stretches of equal length, oldest first; NaN where nothing is known. */
  readonly values: readonly number[];
  /** How long a time they cover, in milliseconds. */
  readonly spanMs: number;
}

const MOST = 60;

/** How many readings a stretch holds on average, at least: ticks are not exactly even, and none should miss its own. */
const SPARE = 2;

/** Less than this is not worth a line. */
const SHORTEST_MS = 10_000;

/** null: too short a time. */
export function trendOf(points: readonly FleetPoint[], read: (point: FleetPoint) => number | null): Trend | null {
  const first = points[0]?.at ?? 0;
  const last = points.at(-1)?.at ?? 0;
  const spanMs = last - first;
  if (spanMs < SHORTEST_MS) return null;
  // Stretches begin at whole multiples of their length: the line moves on, its points do not change.
  let length = 1000;
  while (spanMs / length > MOST || length < SPARE * (spanMs / (points.length - 1))) length *= 2;
  const from = Math.floor(first / length);
  const size = Math.floor(last / length) - from + 1;
  const sums = new Float64Array(size);
  const counts = new Uint16Array(size);
  for (const point of points) {
    const value = read(point);
    if (value === null) continue;
    const slot = Math.floor(point.at / length) - from;
    sums[slot] = (sums[slot] ?? 0) + value;
    counts[slot] = (counts[slot] ?? 0) + 1;
  }
  return { values: Array.from(sums, (sum, slot) => sum / (counts[slot] ?? 0)), spanMs };
}
