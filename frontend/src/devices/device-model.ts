/** One GPU as its page shows it, put together from what the page knows. Pure. */

import type { Clocks, DeviceDetails, HistorySource } from '../data/device';
import { isKnown, type Snapshot } from '../data/fleet';
import { extentOf, scaled } from '../data/series';
import { slowAfterMs } from '../data/states';
import type { Change, DeviceStatus, LayoutNode } from '../data/types';
import { count, gib, wattsText } from '../format/format';
import type { ChartSpec } from '../parts/live-chart-board';
import { powerTop } from '../parts/live-chart-model';
import { t } from './device.text';

/** What is known of a GPU: from the fleet at once, from its details a moment later. */
export interface DeviceFacts {
  readonly id: string;
  /** Its position in the layout; null: not among the GPUs that are looked at. */
  readonly at: number | null;
  readonly deviceIndex: number;
  readonly node: { readonly id: string; readonly nodeName: string; readonly clusterName: string };
  readonly modelName: string;
  readonly gpuUuid: string;
  readonly pciAddress: string | null;
  readonly memoryTotalMb: number | null;
  readonly powerLimitW: number | null;
  readonly status: DeviceStatus;
  readonly reason: string | null;
  /** Age of its reading, where that is too old or there is none: null age. null: it is fresh. */
  readonly stale: { readonly ageMs: number | null } | null;
  readonly details: DeviceDetails | null;
  /** null: not known, or too old. */
  readonly clocks: Clocks | null;
}

/** null: nothing is known of it, yet or at all. */
export function factsOf(
  snapshot: Snapshot,
  id: string,
  details: DeviceDetails | null,
  clocks: Clocks | null,
): DeviceFacts | null {
  const at = snapshot.layout?.at.get(id) ?? null;
  const listed = at === null ? undefined : snapshot.layout?.devices[at];
  const basic = listed ?? details;
  if (!basic) return null;
  const known = isKnown(snapshot) && at !== null;
  const live = known ? snapshot.frame.deviceStatuses[at] : undefined;
  const exception = snapshot.exceptions.byDevice.get(id);
  const status = live ?? exception?.deviceStatus ?? details?.deviceStatus ?? 'ACTIVE';
  const reason = exception ? exception.statusReason : details?.deviceStatus === status ? details.statusReason : null;
  const reads = known && status !== 'RETIRED';
  const stale = reads && snapshot.judged.stale[at] ? { ageMs: snapshot.judged.ageMs[at] ?? null } : null;
  return {
    id,
    at,
    deviceIndex: basic.deviceIndex,
    node: basic.node,
    modelName: basic.model.modelName,
    gpuUuid: basic.gpuUuid,
    pciAddress: basic.pciAddress,
    memoryTotalMb: (known ? snapshot.frame.memoryTotalMb[at] : null) ?? basic.memoryTotalMb,
    powerLimitW: basic.powerLimitW,
    status,
    reason,
    stale,
    details,
    clocks: stale ? null : clocks,
  };
}

/** The node that a position belongs to. */
export function nodeAt(nodes: readonly LayoutNode[], at: number): LayoutNode | null {
  return nodes.find(({ first, count: gpus }) => at >= first && at < first + gpus) ?? null;
}

/** The time at the server, in seconds since the epoch: the right edge of every chart. It stands while paused. */
export function serverNow(snapshot: Snapshot): number | null {
  if (!snapshot.frame) return null;
  const since = snapshot.pausedAt ? 0 : snapshot.sinceMs;
  return (Date.parse(snapshot.frame.asOf) + since) / 1000;
}

/** Readings further apart than this are a gap, in seconds. */
export function gapAfterS(snapshot: Snapshot): number {
  return (snapshot.frame ? slowAfterMs(snapshot.frame.intervalMs) : 5000) / 1000;
}

/** Changes of one GPU's status, newest first. */
export function statusChanges(changes: readonly Change[], id: string): readonly Change[] {
  return changes.filter(({ kind, entityId }) => entityId === id && kind === 'DEVICE_STATUS_CHANGED');
}

const MIB_PER_GIB = 1024;
const TEMPERATURE_DOMAIN = [20, 100] as const;

/** The four charts of a GPU. Only limits that are known are drawn. */
export function chartsOf(history: HistorySource, facts: DeviceFacts | null): readonly ChartSpec[] {
  const power = history.series('power');
  const memory = history.series('memory');
  const boardMb = facts?.memoryTotalMb ?? extentOf(memory)?.highest ?? 80 * MIB_PER_GIB;
  const limitW = facts?.powerLimitW ?? null;
  const whole = (value: number) => count(value);
  return [
    {
      key: 'utilization',
      heading: t('utilization'),
      unit: '%',
      series: history.series('utilization'),
      domain: [0, 100],
      limit: null,
      filled: false,
      format: whole,
    },
    {
      key: 'memory',
      heading: t('memory'),
      unit: 'GiB',
      series: scaled(memory, (mib) => mib / MIB_PER_GIB),
      domain: [0, Math.ceil(boardMb / MIB_PER_GIB)],
      limit: null,
      filled: false,
      format: (value) => gib(value * MIB_PER_GIB),
    },
    {
      key: 'power',
      heading: t('power'),
      unit: 'W',
      series: power,
      domain: [0, powerTop(limitW, extentOf(power)?.highest ?? null)],
      limit: limitW === null ? null : { value: limitW, text: t('limit', { value: wattsText(limitW) }) },
      filled: true,
      format: whole,
    },
    {
      key: 'temperature',
      heading: t('temperature'),
      unit: '°C',
      series: history.series('temperature'),
      domain: TEMPERATURE_DOMAIN,
      limit: null,
      filled: false,
      format: whole,
    },
  ];
}
