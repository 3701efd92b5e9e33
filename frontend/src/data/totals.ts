/** The fleet in numbers, from one frame. Pure. */

import type { DeviceStatus, Frame, Layout } from './types';

/** At or above this a GPU counts as busy; below it as quiet. */
export const BUSY_PCT = 5;

export type DeviceState = 'busy' | 'quiet' | 'nodata' | 'out' | 'unhealthy';

/** The five states, in the order in which they are drawn; every GPU is in exactly one. */
export const STATES: readonly DeviceState[] = ['busy', 'quiet', 'nodata', 'out', 'unhealthy'];

const OUT: ReadonlySet<DeviceStatus> = new Set<DeviceStatus>(['CORDONED', 'DRAINING', 'MAINTENANCE']);
const UNHEALTHY: ReadonlySet<DeviceStatus> = new Set<DeviceStatus>(['UNHEALTHY', 'OFFLINE']);

export interface Totals {
  readonly gpus: number;
  readonly nodes: number;
  readonly models: number;
  readonly clusters: readonly string[];
  readonly available: number;
  readonly states: Readonly<Record<DeviceState, number>>;
  readonly reporting: number;
  /** With a reading that is too old; without those that are known to be unhealthy or offline. */
  readonly stale: number;
  /** Never read; likewise. */
  readonly silent: number;
  readonly utilizationPct: number | null;
  readonly memoryUsedMb: number;
  readonly memoryTotalMb: number;
  readonly powerW: number | null;
  readonly powerLimitW: number | null;
  readonly hottestC: number | null;
  readonly newestAgeMs: number | null;
  readonly oldestAgeMs: number | null;
}

/** Which of the five states a GPU is in. A reading that is too old says nothing about now. */
export function stateOf(status: DeviceStatus, utilizationPct: number | null, stale: boolean): DeviceState {
  if (UNHEALTHY.has(status)) return 'unhealthy';
  if (OUT.has(status)) return 'out';
  if (stale || utilizationPct === null) return 'nodata';
  return utilizationPct >= BUSY_PCT ? 'busy' : 'quiet';
}

/** From when on a reading is old: half a minute, or ten intervals where readings are rare. */
export function staleAfterMs(intervalMs: number): number {
  return Math.max(30_000, 10 * intervalMs);
}

/** From when on a reading is late: five seconds, or two and a half intervals. */
export function slowAfterMs(intervalMs: number): number {
  return Math.max(5_000, 2.5 * intervalMs);
}

/**
 * Totals over the GPUs that are not retired; sums and means over fresh readings only.
 * `sinceMs` is how long ago the frame arrived: ages go on growing while nothing comes.
 */
export function totalsOf(layout: Layout, frame: Frame, sinceMs: number): Totals {
  const nodes = new Set<string>();
  const models = new Set<string>();
  const clusters = new Set<string>();
  const states: Record<DeviceState, number> = { busy: 0, quiet: 0, nodata: 0, out: 0, unhealthy: 0 };
  const staleFrom = staleAfterMs(frame.intervalMs);
  let gpus = 0;
  let available = 0;
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
  layout.devices.forEach((device, at) => {
    const status = frame.deviceStatuses[at] ?? 'OFFLINE';
    if (status === 'RETIRED') return;
    gpus += 1;
    available += Number(status === 'ACTIVE');
    clusters.add(device.node.clusterName);
    nodes.add(`${device.node.clusterName}\n${device.node.nodeName}`);
    models.add(device.model.modelName);
    const reported = frame.ageMs[at] ?? null;
    const age = reported === null ? null : reported + sinceMs;
    const old = age === null || age > staleFrom;
    const percent = frame.gpuUtilizationPct[at] ?? null;
    const state = stateOf(status, percent, old);
    states[state] += 1;
    const expected = state !== 'unhealthy';
    silent += Number(expected && age === null);
    if (age === null) return;
    newestAgeMs = Math.min(newestAgeMs ?? age, age);
    if (expected) {
      oldestAgeMs = Math.max(oldestAgeMs ?? age, age);
      stale += Number(old);
    }
    if (old) return;
    reporting += 1;
    utilization.add(percent);
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
  });
  return {
    gpus,
    nodes: nodes.size,
    models: models.size,
    clusters: [...clusters].sort(),
    available,
    states,
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
