/** Which state each GPU is in: the one rule for the map, the lists and the totals. Pure. */

import { type Holding, type HoldingOf, NOBODY } from './holding';
import type { DeviceStatus, Frame, Layout } from './types';

/**
 * In use: at or above `USE_PCT`, or held by an allocation that is not idle. Held idle: an allocation has it and it was
 * without load for over an hour. Free: neither. No data: never read, or not for too long. Out: cordoned, draining, in
 * maintenance. Unhealthy: broken or not seen by its node.
 *
 * Without an allocation somebody may use it all the same: that is judged by load, and holding by memory.
 */
export type DeviceState = 'use' | 'held' | 'free' | 'nodata' | 'out' | 'unhealthy';

/** In the order in which they are drawn; every GPU that is not retired is in exactly one. */
export const STATES: readonly DeviceState[] = ['use', 'held', 'free', 'nodata', 'out', 'unhealthy'];

export const USE_PCT = 5;

/** From this much on, memory is held by somebody; drivers and displays take less. */
export const HELD_MB = 256;

const OUT: ReadonlySet<DeviceStatus> = new Set<DeviceStatus>(['CORDONED', 'DRAINING', 'MAINTENANCE']);
const UNHEALTHY: ReadonlySet<DeviceStatus> = new Set<DeviceStatus>(['UNHEALTHY', 'OFFLINE']);

/** The state of one GPU; null: retired, and shown nowhere. A reading that is too old says nothing about now. */
export function stateOf(
  status: DeviceStatus,
  utilizationPct: number | null,
  memoryUsedMb: number | null,
  stale: boolean,
  holding: Holding = 'none',
): DeviceState | null {
  if (status === 'RETIRED') return null;
  if (UNHEALTHY.has(status)) return 'unhealthy';
  if (OUT.has(status)) return 'out';
  if (stale || (utilizationPct === null && memoryUsedMb === null)) return 'nodata';
  if ((utilizationPct ?? 0) >= USE_PCT) return 'use';
  if (holding !== 'none') return holding === 'idle' ? 'held' : 'use';
  return (memoryUsedMb ?? 0) >= HELD_MB ? 'held' : 'free';
}

/** From when on a reading is old: half a minute, or ten intervals where readings are rare. */
export function staleAfterMs(intervalMs: number): number {
  return Math.max(30_000, 10 * intervalMs);
}

/** From when on a reading is late: five seconds, or two and a half intervals. */
export function slowAfterMs(intervalMs: number): number {
  return Math.max(5_000, 2.5 * intervalMs);
}

/** Every GPU of a frame judged, by position. */
export interface Judged {
  readonly states: readonly (DeviceState | null)[];
  /** Whether its reading is too old; true where there is none. */
  readonly stale: readonly boolean[];
  /** Age of its reading now, in milliseconds; null: never read. */
  readonly ageMs: readonly (number | null)[];
}

/** `sinceMs` is how long ago the frame arrived: ages go on growing while nothing comes. */
export function judge(layout: Layout, frame: Frame, sinceMs: number, holdingOf: HoldingOf = NOBODY): Judged {
  const staleFrom = staleAfterMs(frame.intervalMs);
  const states: (DeviceState | null)[] = [];
  const stale: boolean[] = [];
  const ages: (number | null)[] = [];
  for (let at = 0; at < layout.devices.length; at++) {
    const reported = frame.ageMs[at] ?? null;
    const age = reported === null ? null : reported + sinceMs;
    const old = age === null || age > staleFrom;
    ages.push(age);
    stale.push(old);
    const status = frame.deviceStatuses[at] ?? 'OFFLINE';
    const holding = holdingOf(layout.devices[at]?.id ?? '');
    states.push(stateOf(status, frame.gpuUtilizationPct[at] ?? null, frame.memoryUsedMb[at] ?? null, old, holding));
  }
  return { states, stale, ageMs: ages };
}
