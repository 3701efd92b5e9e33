/** Which GPUs stand together on the map: groups of nodes, a node's GPUs in a row. Pure. */

import type { Device, Layout, LayoutNode } from '../../data/types';
import { shortModel } from '../../format/format';

/** A pool is all GPUs of one model; `node` is the whole fleet as one list of nodes. */
export type Grouping = 'pool' | 'node' | 'cluster';

export const GROUPINGS: readonly Grouping[] = ['pool', 'node', 'cluster'];

/** A node as far as it belongs to the group. */
export interface GroupNode {
  readonly id: string;
  readonly name: string;
  /** Positions in the layout, and the column in which each stands. */
  readonly cells: readonly number[];
  readonly columns: readonly number[];
}

export interface Group {
  readonly key: string;
  /** Empty where the group is the whole fleet. */
  readonly title: string;
  readonly nodes: readonly GroupNode[];
  /** How many columns its widest node takes. */
  readonly columns: number;
  /** The positions of all its GPUs. */
  readonly cells: readonly number[];
}

/** Boards whose memory differs by less than this, MiB, are of one size: the larger boards come first. */
const SAME_SIZE_MB = 4096;

const BY_NAME = new Intl.Collator('en', { numeric: true });

/** The groups of a fleet; GPUs that are not shown are left out, and nodes without any. */
export function groupsOf(layout: Layout, grouping: Grouping, isShown: (at: number) => boolean): readonly Group[] {
  const groups = new Map<string, { title: string; memoryMb: number; nodes: GroupNode[] }>();
  for (const node of layout.nodes) {
    for (const [key, cells] of partsOf(layout, node, grouping, isShown)) {
      const first = layout.devices[cells[0] ?? -1];
      if (!first) continue;
      const group = groups.get(key) ?? { title: titleOf(first, grouping), memoryMb: 0, nodes: [] };
      groups.set(key, group);
      group.memoryMb = Math.max(group.memoryMb, ...cells.map((at) => layout.devices[at]?.memoryTotalMb ?? 0));
      const columns = columnsOf(cells.map((at) => layout.devices[at]?.deviceIndex ?? 0));
      group.nodes.push({ id: node.id, name: node.nodeName, cells, columns });
    }
  }
  return [...groups]
    .sort(([, one], [, other]) => sizeOf(other) - sizeOf(one) || BY_NAME.compare(other.title, one.title))
    .map(([key, { title, nodes }]) => groupOf(key, title, nodes));
}

function sizeOf({ memoryMb }: { memoryMb: number }): number {
  return Math.round(memoryMb / SAME_SIZE_MB);
}

/** A group of these nodes, in the order of their names. */
export function groupOf(key: string, title: string, nodes: readonly GroupNode[]): Group {
  const columns = nodes.reduce((most, node) => Math.max(most, (node.columns.at(-1) ?? 0) + 1), 1);
  const sorted = [...nodes].sort((one, other) => BY_NAME.compare(one.name, other.name));
  return { key, title, nodes: sorted, columns, cells: sorted.flatMap((node) => node.cells) };
}

/** The GPUs of one node by group: several groups where it has several models. */
function partsOf(
  layout: Layout,
  node: LayoutNode,
  grouping: Grouping,
  isShown: (at: number) => boolean,
): Map<string, number[]> {
  const parts = new Map<string, number[]>();
  for (let at = node.first; at < node.first + node.count; at++) {
    const device = layout.devices[at];
    if (!device || !isShown(at)) continue;
    const key = keyOf(device, grouping);
    const part = parts.get(key);
    if (part) part.push(at);
    else parts.set(key, [at]);
  }
  return parts;
}

function keyOf(device: Device, grouping: Grouping): string {
  if (grouping === 'pool') return device.model.id;
  return grouping === 'cluster' ? device.node.clusterName : '';
}

function titleOf(device: Device, grouping: Grouping): string {
  if (grouping === 'pool') return shortModel(device.model.modelName);
  return grouping === 'cluster' ? device.node.clusterName : '';
}

/** A column is a GPU's index, so that a missing one leaves a hole; side by side where that would leave mostly holes. */
export function columnsOf(indices: readonly number[]): readonly number[] {
  const rising = indices.every((index, at) => index > (indices[at - 1] ?? -1));
  const first = indices[0] ?? 0;
  const last = indices.at(-1) ?? 0;
  const isDense = first < indices.length && last < 2 * indices.length;
  return rising && isDense ? indices : indices.map((_, at) => at);
}
