/** What one node's row shows. Figures are made for the rows that need them, once per frame. Pure. */

import type { Known } from '../data/fleet';
import type { NodeIdentity } from '../data/nodes';
import type { Judged } from '../data/states';
import { type Totals, totalsOf } from '../data/totals';
import type { Layout, LayoutNode, NodeStatus } from '../data/types';

/** A node as the layout has it, with its identity where that has been read. */
export interface NodeEntry extends LayoutNode {
  readonly identity: NodeIdentity | null;
  /** Names of the models of its GPUs. */
  readonly models: readonly string[];
}

/** Every node: those of the layout, then those that have no GPU. */
export function entriesOf(layout: Layout, identities: readonly NodeIdentity[] | null): readonly NodeEntry[] {
  const identityOf = new Map((identities ?? []).map((identity) => [identity.id, identity]));
  const entries: NodeEntry[] = layout.nodes.map((node) => ({
    ...node,
    identity: identityOf.get(node.id) ?? null,
    models: modelsOf(layout, node),
  }));
  const known = new Set(layout.nodes.map(({ id }) => id));
  for (const identity of identities ?? []) {
    if (known.has(identity.id)) continue;
    const { id, nodeName, clusterName } = identity;
    entries.push({ id, nodeName, clusterName, first: 0, count: 0, identity, models: [] });
  }
  return entries;
}

function modelsOf({ devices }: Layout, { first, count }: LayoutNode): string[] {
  return [...new Set(devices.slice(first, first + count).map(({ model }) => model.modelName))];
}

const totalsByFrame = new WeakMap<Judged, Map<string, Totals>>();

/** The totals of a node's GPUs, reckoned once per frame. */
export function nodeTotals({ layout, frame, judged }: Known, { id, first, count }: LayoutNode): Totals {
  const known = totalsByFrame.get(judged) ?? new Map<string, Totals>();
  totalsByFrame.set(judged, known);
  const totals = known.get(id) ?? totalsOf(layout, frame, judged, range(first, count));
  known.set(id, totals);
  return totals;
}

function* range(first: number, count: number): Iterable<number> {
  for (let at = first; at < first + count; at++) yield at;
}

/** READY or OFFLINE as the server has it; null: not read yet. */
export function statusOf({ identity }: NodeEntry): NodeStatus | null {
  return identity?.nodeStatus ?? null;
}

/**
 * How long ago the node was heard of, in ms: its last report, or the newest reading of its GPUs, whichever is later.
 * Both are judged by the server's clock. null: never, or not known yet.
 */
export function reportAgeMs(known: Known, entry: NodeEntry): number | null {
  const reported = entry.identity?.lastReportAt ?? null;
  const serverNow = Date.parse(known.frame.asOf) + known.sinceMs;
  const ages = [
    reported === null ? null : Math.max(0, serverNow - Date.parse(reported)),
    nodeTotals(known, entry).newestAgeMs,
  ].filter((age) => age !== null);
  return ages.length ? Math.min(...ages) : null;
}
