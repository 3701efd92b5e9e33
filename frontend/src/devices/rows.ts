/** What one GPU's row shows. Made for the rows that are drawn, not for the whole fleet. Pure. */

import type { Known } from '../data/fleet';
import type { DeviceState } from '../data/states';
import type { Device, DeviceStatus } from '../data/types';

export interface Row {
  /** Position in the layout. */
  readonly at: number;
  readonly device: Device;
  readonly status: DeviceStatus;
  /** null: retired. */
  readonly state: DeviceState | null;
  readonly stale: boolean;
  readonly utilizationPct: number | null;
  readonly memoryUsedMb: number | null;
  readonly memoryTotalMb: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly ageMs: number | null;
  /** Why it is not in service, as it was given; '' where nothing was. */
  readonly reason: string;
}

/** The row of a position; null where the layout has no such position. */
export function rowAt({ layout, frame, judged, exceptions }: Known, at: number): Row | null {
  const device = layout.devices[at];
  if (!device) return null;
  return {
    at,
    device,
    status: frame.deviceStatuses[at] ?? 'OFFLINE',
    state: judged.states[at] ?? null,
    stale: judged.stale[at] ?? true,
    utilizationPct: frame.gpuUtilizationPct[at] ?? null,
    memoryUsedMb: frame.memoryUsedMb[at] ?? null,
    memoryTotalMb: frame.memoryTotalMb[at] ?? device.memoryTotalMb,
    temperatureC: frame.temperatureC[at] ?? null,
    powerW: frame.powerDrawW[at] ?? null,
    ageMs: judged.ageMs[at] ?? null,
    reason: exceptions.byDevice.get(device.id)?.statusReason ?? '',
  };
}
