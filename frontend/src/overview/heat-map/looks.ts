/** What the cell of a GPU looks like, as one number per cell, so that a tick repaints only what changed. Pure. */

import type { Metric } from '../../data/history';
import { type DeviceState, HELD_MB, type Judged, USE_PCT } from '../../data/states';
import type { Frame, Layout } from '../../data/types';
import { stepOf } from './palette';

/** The shapes of a cell, besides which it has a step of the ramp, or none. */
export const Shape = {
  /** Retired: nothing is drawn. */
  None: 0,
  Value: 1,
  Hollow: 2,
  /** Dashed and hollow: not known. */
  Unknown: 3,
  Held: 4,
  Hatched: 5,
  Unhealthy: 6,
} as const;

export type Shape = (typeof Shape)[keyof typeof Shape];

export interface Look {
  readonly shape: Shape;
  /** 1 to 8, 0: no value. */
  readonly step: number;
  /** The value is of an old reading: faded, with a dashed edge. */
  readonly stale: boolean;
  /** Another state is looked for. */
  readonly dimmed: boolean;
  readonly selected: boolean;
}

const STALE = 1 << 8;
const DIMMED = 1 << 9;
const SELECTED = 1 << 10;

export function packed({ shape, step, stale, dimmed, selected }: Look): number {
  return shaped(shape, step) | (stale ? STALE : 0) | (dimmed ? DIMMED : 0) | (selected ? SELECTED : 0);
}

export function unpacked(look: number): Look {
  return {
    shape: (look & 15) as Shape,
    step: (look >> 4) & 15,
    stale: (look & STALE) !== 0,
    dimmed: (look & DIMMED) !== 0,
    selected: (look & SELECTED) !== 0,
  };
}

/** The step of a look that is nothing but a filled square; 0 for all others. */
export function plainStep(look: number): number {
  const step = look >> 4;
  return (look & 15) === Shape.Value && step <= 8 ? step : 0;
}

/** The cell while nothing is known of it yet. */
export const PLACEHOLDER = packed({ shape: Shape.Hollow, step: 0, stale: false, dimmed: false, selected: false });

/**
 * The packed look of a state. `step` is its value, 0 where that is not known; `loaded`: work still runs on it.
 * Numbers all the way: ten thousand cells a tick are no place for objects.
 */
export function lookOf(state: DeviceState | null, step: number, stale: boolean, loaded: boolean): number {
  switch (state) {
    case null:
      return Shape.None;
    case 'use':
      return step ? shaped(Shape.Value, step) : Shape.Unknown;
    case 'held':
      return shaped(Shape.Held, step);
    case 'free':
      return Shape.Hollow;
    case 'nodata': // what was read last, where anything was
      return stale && step ? shaped(Shape.Value, step) | STALE : Shape.Unknown;
    case 'out':
      return shaped(Shape.Hatched, loaded ? step : 0) | (stale ? STALE : 0);
    case 'unhealthy': // a loss does not fade
      return Shape.Unhealthy;
  }
}

function shaped(shape: Shape, step: number): number {
  return shape | (step << 4);
}

export interface Shown {
  readonly layout: Layout;
  readonly frame: Frame;
  readonly judged: Judged;
  readonly metric: Metric;
  /** '' for all. */
  readonly stateFilter: DeviceState | '';
  readonly selection: ReadonlySet<string>;
  readonly powerTops: Float64Array;
}

/** The packed look of every GPU, by position. */
export function looksOf({ layout, frame, judged, metric, stateFilter, selection, powerTops }: Shown): Uint16Array {
  const looks = new Uint16Array(layout.devices.length);
  for (let at = 0; at < looks.length; at++) {
    const state = judged.states[at] ?? null;
    const isRead = (judged.ageMs[at] ?? null) !== null;
    const step = isRead ? stepOf(metric, layout, frame, powerTops, at) : 0;
    const look = lookOf(state, step, isRead && (judged.stale[at] ?? false), isLoaded(frame, at));
    const dimmed = stateFilter !== '' && state !== stateFilter ? DIMMED : 0;
    const selected = selection.size > 0 && selection.has(layout.devices[at]?.id ?? '') ? SELECTED : 0;
    looks[at] = look === Shape.None ? look : look | dimmed | selected;
  }
  return looks;
}

function isLoaded(frame: Frame, at: number): boolean {
  return (frame.gpuUtilizationPct[at] ?? 0) >= USE_PCT || (frame.memoryUsedMb[at] ?? 0) >= HELD_MB;
}
