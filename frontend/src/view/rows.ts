/** The rows of the fleet: what each shows, which are shown, in which order. Pure. */

import { type DeviceState, staleAfterMs, stateOf } from '../data/totals';
import type { Device, DeviceStatus, Frame, Layout } from '../data/types';

export interface Row {
  /** Position in the layout. */
  readonly at: number;
  readonly device: Device;
  readonly status: DeviceStatus;
  readonly state: DeviceState;
  readonly stale: boolean;
  readonly utilizationPct: number | null;
  readonly memoryUsedMb: number | null;
  readonly memoryTotalMb: number | null;
  readonly temperatureC: number | null;
  readonly powerW: number | null;
  readonly ageMs: number | null;
}

export type SortColumn = 'position' | 'model' | 'status' | 'utilization' | 'memory' | 'temperature' | 'power';

export interface Sort {
  readonly column: SortColumn;
  readonly descending: boolean;
}

export type StateFilter = 'all' | DeviceState;

/** One row per GPU that is not retired, in fleet order. */
export function rowsOf(layout: Layout, frame: Frame, sinceMs: number): Row[] {
  const rows: Row[] = [];
  const staleFrom = staleAfterMs(frame.intervalMs);
  layout.devices.forEach((device, at) => {
    const status = frame.deviceStatuses[at] ?? 'OFFLINE';
    if (status === 'RETIRED') return;
    const reported = frame.ageMs[at] ?? null;
    const ageMs = reported === null ? null : reported + sinceMs;
    const stale = ageMs === null || ageMs > staleFrom;
    const utilizationPct = frame.gpuUtilizationPct[at] ?? null;
    rows.push({
      at,
      device,
      status,
      state: stateOf(status, utilizationPct, stale),
      stale,
      utilizationPct,
      memoryUsedMb: frame.memoryUsedMb[at] ?? null,
      memoryTotalMb: frame.memoryTotalMb[at] ?? device.memoryTotalMb,
      temperatureC: frame.temperatureC[at] ?? null,
      powerW: frame.powerDrawW[at] ?? null,
      ageMs,
    });
  });
  return rows;
}

/** Whether a row holds every word of the text, and is in the state. */
export function matches(row: Row, text: string, state: StateFilter): boolean {
  if (state !== 'all' && row.state !== state) return false;
  if (!text.trim()) return true;
  const { device } = row;
  const searched =
    `${device.node.nodeName} gpu${device.deviceIndex} ${device.model.modelName} ${device.gpuUuid} ${device.node.clusterName}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => searched.includes(word));
}

const VALUES: Readonly<Record<SortColumn, (row: Row) => number | string | null>> = {
  position: (row) => row.at,
  model: (row) => row.device.model.modelName,
  status: (row) => row.status,
  utilization: (row) => row.utilizationPct,
  memory: (row) => (row.memoryUsedMb !== null && row.memoryTotalMb ? row.memoryUsedMb / row.memoryTotalMb : null),
  temperature: (row) => row.temperatureC,
  power: (row) => row.powerW,
};

/** Sorted copies; unknown values come last in both directions, equal ones stay in fleet order. */
export function sorted(rows: readonly Row[], sort: Sort): Row[] {
  const read = VALUES[sort.column];
  const sign = sort.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const left = read(a);
    const right = read(b);
    if (left === right) return a.at - b.at;
    if (left === null) return 1;
    if (right === null) return -1;
    return left < right ? -sign : sign;
  });
}

/** Whether the order changes from tick to tick. */
export function sortsByReading(sort: Sort): boolean {
  return sort.column !== 'position' && sort.column !== 'model';
}

/** What a click on a column head does: numbers start with the largest, a second click turns round, a third ends it. */
export function nextSort(sort: Sort, column: SortColumn): Sort {
  const startsDescending = column !== 'position' && column !== 'model' && column !== 'status';
  if (sort.column !== column) return { column, descending: startsDescending };
  if (sort.descending === startsDescending) return { column, descending: !startsDescending };
  return { column: 'position', descending: false };
}

export interface Span {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

const OVERSCAN = 12;

/** Which rows to draw: all of a short list, else those near the part that is on the screen. */
export function visibleSpan(rows: number, rowHeight: number, top: number, viewport: number, drawAllUpTo = 200): Span {
  if (rows <= drawAllUpTo) return { first: 0, end: rows };
  const first = Math.min(rows, Math.max(0, Math.floor(top / rowHeight) - OVERSCAN));
  const end = Math.min(rows, Math.max(first, Math.ceil((top + viewport) / rowHeight) + OVERSCAN));
  return { first, end };
}
