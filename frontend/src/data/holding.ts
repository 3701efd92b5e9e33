/** Whether each GPU is held by an allocation, and whether it is idle in its holder's hands. */

import type { Allocation, Allocations } from './allocations';
import type { LoadSeen } from './load-seen';

/** `held`: given to somebody. `idle`: so, and without load for over an hour, as far as this page has seen. */
export type Holding = 'none' | 'held' | 'idle';

/** By the id of a device. */
export type HoldingOf = (deviceId: string) => Holding;

/** How long a GPU may be held without load until it counts as idle. */
export const IDLE_AFTER_MS = 3_600_000;

export const NOBODY: HoldingOf = () => 'none';

/** Who holds what at `now`, ms since the epoch. Of a MIG instance no load is measured: its GPU is in use. */
export function holdingAt({ byDevice }: Allocations, seen: LoadSeen, now: number): HoldingOf {
  return (deviceId) => {
    const holders = byDevice.get(deviceId);
    if (!holders) return 'none';
    if (holders.some(({ resourceType }) => resourceType === 'MIG')) return 'held';
    const since = Math.max(...holders.map(heldSince), seen.loadAt(deviceId) ?? Number.NEGATIVE_INFINITY);
    return now - since > IDLE_AFTER_MS ? 'idle' : 'held';
  };
}

/** When it got what it holds, ms since the epoch. */
export function heldSince({ allocationTime, requestedTime }: Allocation): number {
  return Date.parse(allocationTime ?? requestedTime);
}
