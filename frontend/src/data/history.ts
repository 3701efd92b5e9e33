/** The last minutes as this page has seen them: nothing is filled in. Bounded, and allocated once per layout. */

import { staleAfterMs } from './states';
import type { Totals } from './totals';
import type { Frame } from './types';

export type Metric = 'utilization' | 'memory' | 'temperature' | 'power';

export const METRICS: readonly Metric[] = ['utilization', 'memory', 'temperature', 'power'];

/** How a frame gives each metric: %, MiB, °C, W. */
export const METRIC_VALUES: Readonly<Record<Metric, (frame: Frame) => readonly (number | null)[]>> = {
  utilization: (frame) => frame.gpuUtilizationPct,
  memory: (frame) => frame.memoryUsedMb,
  temperature: (frame) => frame.temperatureC,
  power: (frame) => frame.powerDrawW,
};

/** An hour at a reading a second for small fleets; less for large ones, so that all rings together keep this many values. */
const VALUES_MAX = 5_000_000;
const POINTS_MAX = 3600;
const POINTS_MIN = 120;

const SPACING_MS = 1000;

export interface FleetPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly allocated: number;
  readonly held: number;
  readonly powerW: number | null;
  readonly utilizationPct: number | null;
}

/** One GPU's readings, oldest first: seconds since the epoch and values; NaN stands for unknown. */
export interface Series {
  readonly times: number[];
  readonly values: number[];
}

/** How many ticks are kept of a fleet of this size. */
export function pointsFor(devices: number): number {
  return Math.max(POINTS_MIN, Math.min(POINTS_MAX, Math.floor(VALUES_MAX / METRICS.length / Math.max(1, devices))));
}

/** Rings of readings per GPU, and of totals for the fleet. */
export class History {
  readonly #fleet: FleetPoint[] = [];
  #rings: Readonly<Record<Metric, Float32Array>> = ringsOf(0);
  #times = new Float64Array(0);
  #points = 0;
  #devices = 0;
  #layoutVersion = '';
  #count = 0;
  #next = 0;

  /** Adds one tick that was read at `at` (ms since the epoch); ticks closer together than a second are left out. */
  add(frame: Frame, totals: Totals, at: number): boolean {
    if (frame.layoutVersion !== this.#layoutVersion) this.#start(frame);
    const last = this.#count ? this.#times[(this.#next - 1 + this.#points) % this.#points] : undefined;
    if (last !== undefined && at - last < SPACING_MS * 0.9) return false;
    const staleFrom = staleAfterMs(frame.intervalMs);
    for (const metric of METRICS) {
      const values = METRIC_VALUES[metric](frame);
      const ring = this.#rings[metric];
      for (let device = 0; device < this.#devices; device++) {
        // A reading that is too old says nothing about this tick.
        const stale = (frame.ageMs[device] ?? 0) > staleFrom;
        ring[device * this.#points + this.#next] = stale ? Number.NaN : (values[device] ?? Number.NaN);
      }
    }
    this.#times[this.#next] = at;
    this.#next = (this.#next + 1) % this.#points;
    this.#count = Math.min(this.#count + 1, this.#points);
    const { allocated, states, powerW, utilizationPct } = totals;
    this.#fleet.push({ at, allocated, held: states.held, powerW, utilizationPct });
    if (this.#fleet.length > POINTS_MAX) this.#fleet.shift();
    return true;
  }

  /** The totals, oldest first. */
  get fleet(): readonly FleetPoint[] {
    return this.#fleet;
  }

  /** One GPU's readings of the newest `most` ticks. */
  device(position: number, metric: Metric, most = POINTS_MAX): Series {
    const times: number[] = [];
    const values: number[] = [];
    for (let back = Math.min(most, this.#count); back > 0; back--) {
      const slot = (this.#next - back + this.#points) % this.#points;
      times.push((this.#times[slot] ?? 0) / 1000);
      values.push(this.#rings[metric][position * this.#points + slot] ?? Number.NaN);
    }
    return { times, values };
  }

  #start(frame: Frame): void {
    this.#layoutVersion = frame.layoutVersion;
    this.#devices = frame.gpuUtilizationPct.length;
    this.#points = pointsFor(this.#devices);
    this.#rings = ringsOf(this.#devices * this.#points);
    this.#times = new Float64Array(this.#points);
    this.#count = 0;
    this.#next = 0;
  }
}

function ringsOf(length: number): Record<Metric, Float32Array> {
  const ring = () => new Float32Array(length);
  return { utilization: ring(), memory: ring(), temperature: ring(), power: ring() };
}
