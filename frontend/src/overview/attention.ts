/**
 * What needs somebody's attention, from the newest frame. Pure.
 *
 * It is judged as of the frame: while nothing comes, nodes do not turn silent one after the other, for it is the
 * page that hears nothing.
 */

import { staleAfterMs } from '../data/states';
import type { Change, Frame, LayoutNode } from '../data/types';
import { HEAT_EDGES_C } from '../format/ramps';
import type { Shown } from './per-frame';

/** From this temperature on a GPU is hot: the last step of the ramp, °C. */
export const HOT_C = HEAT_EDGES_C.at(-1) ?? 86;

export type Trouble = 'offline' | 'unhealthy' | 'hot' | 'silent' | 'unread';

export type Severity = 'crit' | 'warn';

const SEVERITIES: Readonly<Record<Trouble, Severity>> = {
  offline: 'crit',
  unhealthy: 'crit',
  hot: 'warn',
  silent: 'warn',
  unread: 'warn',
};

/** One trouble of one node, with all its GPUs that have it for the same reason. */
export interface Issue {
  readonly trouble: Trouble;
  readonly severity: Severity;
  readonly node: LayoutNode;
  /** Whether every GPU of the node has it, and there are several. */
  readonly wholeNode: boolean;
  readonly devices: readonly { readonly id: string; readonly index: number }[];
  /** As it was given; '' where nothing was. */
  readonly reason: string;
  /** The hottest of them. */
  readonly celsius: number | null;
  /** Since when, as of the frame, in milliseconds; null: not known. */
  readonly ageMs: number | null;
}

/** All issues: the worst first, then the newest; those of unknown age come last. */
export function issuesOf(shown: Shown): readonly Issue[] {
  const changedAt = newestChanges(shown.exceptions.changes);
  const issues = shown.layout.nodes.flatMap((node) => issuesOfNode(shown, node, changedAt));
  return issues.sort(
    (one, other) =>
      rank(one) - rank(other) ||
      (one.ageMs ?? Number.POSITIVE_INFINITY) - (other.ageMs ?? Number.POSITIVE_INFINITY) ||
      (other.celsius ?? 0) - (one.celsius ?? 0) ||
      one.node.first - other.node.first,
  );
}

function rank({ severity }: Issue): number {
  return severity === 'crit' ? 0 : 1;
}

function issuesOfNode(shown: Shown, node: LayoutNode, changedAt: ReadonlyMap<string, number>): Issue[] {
  const { layout, frame } = shown;
  const troubled = new Map<string, { trouble: Trouble; reason: string; positions: number[] }>();
  let present = 0;
  for (let at = node.first; at < node.first + node.count; at++) {
    if (frame.deviceStatuses[at] === 'RETIRED') continue;
    present += 1;
    const trouble = troubleOf(frame, at);
    if (trouble === null) continue;
    const reason = SEVERITIES[trouble] === 'crit' ? reasonOf(shown, at) : '';
    const key = `${trouble} ${reason}`;
    const same = troubled.get(key);
    if (same) same.positions.push(at);
    else troubled.set(key, { trouble, reason, positions: [at] });
  }
  return [...troubled.values()].map(({ trouble, reason, positions }) => ({
    trouble,
    severity: SEVERITIES[trouble],
    node,
    wholeNode: present > 1 && positions.length === present,
    devices: positions.flatMap((at) => {
      const device = layout.devices[at];
      return device ? [{ id: device.id, index: device.deviceIndex }] : [];
    }),
    reason,
    celsius: trouble === 'hot' ? Math.max(...positions.map((at) => frame.temperatureC[at] ?? 0)) : null,
    ageMs: ageOf(shown, trouble, positions, changedAt),
  }));
}

function troubleOf(frame: Frame, at: number): Trouble | null {
  const status = frame.deviceStatuses[at];
  if (status === 'OFFLINE') return 'offline';
  if (status === 'UNHEALTHY') return 'unhealthy';
  const age = frame.ageMs[at] ?? null;
  if (age === null) return 'unread';
  if (age > staleAfterMs(frame.intervalMs)) return 'silent';
  return (frame.temperatureC[at] ?? 0) >= HOT_C ? 'hot' : null;
}

function reasonOf({ layout, exceptions }: Shown, at: number): string {
  return exceptions.byDevice.get(layout.devices[at]?.id ?? '')?.statusReason ?? '';
}

/** Of several GPUs, the one that has had it longest. How long one has been hot is not known. */
function ageOf(
  { layout, frame }: Shown,
  trouble: Trouble,
  positions: readonly number[],
  changedAt: ReadonlyMap<string, number>,
): number | null {
  if (trouble === 'hot' || trouble === 'unread') return null;
  const now = Date.parse(frame.asOf);
  const ages = positions.flatMap((at) => {
    const changed = trouble === 'silent' ? undefined : changedAt.get(layout.devices[at]?.id ?? '');
    if (changed !== undefined) return [Math.max(0, now - changed)];
    return trouble === 'unhealthy' ? [] : (frame.ageMs[at] ?? []);
  });
  return ages.length ? Math.max(...ages) : null;
}

/** When each GPU that has changed its status while the page watched did so last. */
function newestChanges(changes: readonly Change[]): ReadonlyMap<string, number> {
  const at = new Map<string, number>();
  for (const change of changes) {
    if (change.kind !== 'DEVICE_STATUS_CHANGED' || at.has(change.entityId)) continue;
    at.set(change.entityId, Date.parse(change.at));
  }
  return at;
}
