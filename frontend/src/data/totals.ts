/** The fleet in numbers, from one frame. Pure. */

import { type DeviceState, type Judged, STATES } from './states';
import type { Frame, Layout } from './types';

export interface Totals {
  readonly gpus: number;
  readonly nodes: number;
  readonly models: number;
  readonly states: Readonly<Record<DeviceState, number>>;
  /** In use or held idle. */
  readonly allocated: number;
  readonly reporting: number;
  /** With a reading that is too old; without those that are known to be unhealthy or offline. */
  readonly stale: number;
  /** Never read; likewise. */
  readonly silent: number;
  /** Mean over fresh readings. */
  readonly utilizationPct: number | null;
  readonly memoryUsedMb: number;
  readonly memoryTotalMb: number;
  readonly powerW: number | null;
  readonly powerLimitW: number | null;
  readonly hottestC: number | null;
  readonly newestAgeMs: number | null;
  readonly oldestAgeMs: number | null;
}

/** Totals over the GPUs that are not retired; sums and means over fresh readings only. `only` picks positions. */
export function totalsOf(layout: Layout, frame: Frame, judged: Judged, only?: Iterable<number>): Totals {
  const nodes = new Set<string>();
  const models = new Set<string>();
  const states = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<DeviceState, number>;
  let gpus = 0;
  let reporting = 0;
  let stale = 0;
  let silent = 0;
  let memoryUsedMb = 0;
  let memoryTotalMb = 0;
  const utilization = new Mean();
  const power = new Mean();
  const powerLimit = new Mean();
  let hottestC: number | null = null;
  let newestAgeMs: number | null = null;
  let oldestAgeMs: number | null = null;
  for (const at of only ?? layout.devices.keys()) {
    const device = layout.devices[at];
    const state = judged.states[at];
    if (!device || !state) continue;
    gpus += 1;
    states[state] += 1;
    nodes.add(device.node.id);
    models.add(device.model.id);
    const age = judged.ageMs[at] ?? null;
    const old = judged.stale[at] ?? true;
    const expected = state !== 'unhealthy';
    silent += Number(expected && age === null);
    if (age === null) continue;
    newestAgeMs = Math.min(newestAgeMs ?? age, age);
    if (expected) {
      oldestAgeMs = Math.max(oldestAgeMs ?? age, age);
      stale += Number(old);
    }
    if (old) continue;
    reporting += 1;
    utilization.add(frame.gpuUtilizationPct[at] ?? null);
    const used = frame.memoryUsedMb[at] ?? null;
    const size = frame.memoryTotalMb[at] ?? device.memoryTotalMb;
    if (used !== null && size !== null) {
      memoryUsedMb += used;
      memoryTotalMb += size;
    }
    const watts = frame.powerDrawW[at] ?? null;
    power.add(watts);
    if (watts !== null) powerLimit.add(device.powerLimitW);
    const celsius = frame.temperatureC[at] ?? null;
    if (celsius !== null) hottestC = Math.max(hottestC ?? celsius, celsius);
  }
  return {
    gpus,
    nodes: nodes.size,
    models: models.size,
    states,
    allocated: states.use + states.held,
    reporting,
    stale,
    silent,
    utilizationPct: utilization.mean,
    memoryUsedMb,
    memoryTotalMb,
    powerW: power.sum,
    // A limit that is not known for every GPU with a reading would make the share too large.
    powerLimitW: powerLimit.count === power.count ? powerLimit.sum : null,
    hottestC,
    newestAgeMs,
    oldestAgeMs,
  };
}

class Mean {
  count = 0;
  #sum = 0;

  add(value: number | null): void {
    if (value === null) return;
    this.count += 1;
    this.#sum += value;
  }

  get sum(): number | null {
    return this.count ? this.#sum : null;
  }

  get mean(): number | null {
    return this.count ? this.#sum / this.count : null;
  }
}
