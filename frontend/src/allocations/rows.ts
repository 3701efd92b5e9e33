/** What one allocation's row shows, from the allocation and the newest frame. Pure. */

import { type Allocation, isEnded } from '../data/allocations';
import { heldSince } from '../data/holding';
import type { Snapshot } from '../data/fleet';
import { USE_PCT } from '../data/states';
import type { Device } from '../data/types';

export interface Row {
  readonly allocation: Allocation;
  /** The pod where one is named, else the namespace, else its id. */
  readonly name: string;
  /** The nodes it holds something on, each once; with the GPU where it is one. */
  readonly where: string;
  /** The product of what it holds; null: it holds nothing, or not here. */
  readonly modelName: string | null;
  /** Mean over what it holds as a whole; null: unknown, or only a part of a GPU, whose load nobody measures. */
  readonly utilizationPct: number | null;
  /** How long all it holds is without load, in ms; null: it has load, or it is not known. */
  readonly idleMs: number | null;
  /** Whether it may have been idle before: the page has not seen it. */
  readonly idleAtLeast: boolean;
  /** Idle for over an hour, as far as the page has seen. */
  readonly isIdle: boolean;
  /** Since when it holds, waits, or held; ms since the epoch. */
  readonly since: number;
  /** In ms from now, less than 0 where it is due; null: no end, or over. */
  readonly endsInMs: number | null;
  /** From 1; null: it does not wait, or its place is not read yet. */
  readonly queuePosition: number | null;
}

/** An allocation that ends within this is said to end soon. */
export const SOON_MS = 3_600_000;

type Seen = Pick<Snapshot, 'layout' | 'frame' | 'judged' | 'holdingOf' | 'loadSeen'>;

export function rowOf(allocation: Allocation, seen: Seen, now: number, queue: ReadonlyMap<string, number>): Row {
  const { id, podName, namespace, status, allocationTime, requestedTime, plannedReleaseTime } = allocation;
  const ended = isEnded(allocation);
  const { utilizationPct, ...idle } = ended ? NO_LOAD : loadOf(allocation, seen);
  return {
    allocation,
    name: podName ?? namespace ?? id,
    where: whereOf(allocation, seen),
    modelName: deviceOf(seen, allocation.resources[0]?.deviceId)?.model.modelName ?? null,
    utilizationPct,
    idleMs: idle.idleSince === null ? null : Math.max(0, now - idle.idleSince),
    idleAtLeast: idle.idleAtLeast,
    isIdle: idle.isIdle,
    since: Date.parse(status === 'QUEUED' ? requestedTime : (allocationTime ?? requestedTime)),
    endsInMs: ended || plannedReleaseTime === null ? null : Date.parse(plannedReleaseTime) - now,
    queuePosition: status === 'QUEUED' ? (queue.get(id) ?? null) : null,
  };
}

interface Load {
  readonly utilizationPct: number | null;
  readonly idleSince: number | null;
  readonly idleAtLeast: boolean;
  readonly isIdle: boolean;
}

const NO_LOAD: Load = { utilizationPct: null, idleSince: null, idleAtLeast: false, isIdle: false };

function loadOf(allocation: Allocation, { layout, frame, judged, holdingOf, loadSeen }: Seen): Load {
  if (allocation.resourceType !== 'FULL' || !layout || !frame || !judged) return NO_LOAD;
  const heldAt = heldSince(allocation);
  const loads: number[] = [];
  let idleSince: number | null = null;
  let idleAtLeast = false;
  let isIdle = true;
  for (const { deviceId } of allocation.resources) {
    const at = layout.at.get(deviceId);
    const load = at === undefined || judged.stale[at] ? null : (frame.gpuUtilizationPct[at] ?? null);
    if (load === null) return NO_LOAD; // a mean over a part would be no mean
    loads.push(load);
    isIdle &&= load < USE_PCT && holdingOf(deviceId) === 'idle';
    const without = loadSeen.withoutLoad(deviceId, heldAt);
    if (!without || without.since < (idleSince ?? 0)) continue;
    idleSince = without.since;
    idleAtLeast = without.orBefore;
  }
  if (!loads.length) return NO_LOAD;
  const utilizationPct = loads.reduce((sum, load) => sum + load, 0) / loads.length;
  return loads.some((load) => load >= USE_PCT)
    ? { utilizationPct, idleSince: null, idleAtLeast: false, isIdle: false }
    : { utilizationPct, idleSince, idleAtLeast, isIdle };
}

function deviceOf({ layout }: Pick<Seen, 'layout'>, id: string | undefined): Device | undefined {
  return id === undefined ? undefined : layout?.devices[layout.at.get(id) ?? -1];
}

function whereOf({ resources }: Allocation, seen: Seen): string {
  const nodes = new Map<string, Set<number>>();
  for (const { deviceId } of resources) {
    const device = deviceOf(seen, deviceId);
    if (!device) continue;
    const indexes = nodes.get(device.node.nodeName) ?? new Set<number>();
    nodes.set(device.node.nodeName, indexes.add(device.deviceIndex));
  }
  return [...nodes]
    .map(([node, indexes]) => (indexes.size === 1 ? `${node} · ${[...indexes].join()}` : node))
    .join(', ');
}
