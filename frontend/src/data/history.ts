/** The last minutes as this page has seen them: nothing is stored, nothing is filled in. */

import type { Totals } from './totals';
import type { Frame } from './types';

export const POINTS = 120;
const SPACING_MS = 1000;

export interface FleetPoint {
  readonly at: number;
  readonly utilizationPct: number | null;
  readonly memoryPct: number | null;
  readonly powerW: number | null;
}

/** A ring of utilisation readings per GPU, and of totals for the fleet. NaN stands for unknown. */
export class History {
  readonly #fleet: FleetPoint[] = [];
  #perDevice = new Float32Array(0);
  #devices = 0;
  #layoutVersion = '';
  #times: number[] = [];
  #next = 0;

  /** Adds one tick; ticks closer together than a second are left out. Returns whether it was added. */
  add(frame: Frame, totals: Totals, at: number): boolean {
    if (frame.layoutVersion !== this.#layoutVersion) this.#start(frame);
    const last = this.#times.at(-1);
    if (last !== undefined && at - last < SPACING_MS * 0.9) return false;
    for (let device = 0; device < this.#devices; device++) {
      const value = frame.gpuUtilizationPct[device] ?? null;
      this.#perDevice[device * POINTS + this.#next] = value ?? Number.NaN;
    }
    this.#next = (this.#next + 1) % POINTS;
    this.#times.push(at);
    if (this.#times.length > POINTS) this.#times.shift();
    this.#fleet.push({
      at,
      utilizationPct: totals.utilizationPct,
      memoryPct: totals.memoryTotalMb ? (100 * totals.memoryUsedMb) / totals.memoryTotalMb : null,
      powerW: totals.powerW,
    });
    if (this.#fleet.length > POINTS) this.#fleet.shift();
    return true;
  }

  /** The totals, oldest first. */
  get fleet(): readonly FleetPoint[] {
    return this.#fleet;
  }

  /** One GPU's utilisation, oldest first. */
  device(position: number): number[] {
    const count = this.#times.length;
    const values: number[] = [];
    for (let back = count; back > 0; back--) {
      const slot = (this.#next - back + POINTS) % POINTS;
      values.push(this.#perDevice[position * POINTS + slot] ?? Number.NaN);
    }
    return values;
  }

  #start(frame: Frame): void {
    this.#layoutVersion = frame.layoutVersion;
    this.#devices = frame.gpuUtilizationPct.length;
    this.#perDevice = new Float32Array(this.#devices * POINTS).fill(Number.NaN);
    this.#times = [];
    this.#next = 0;
  }
}
