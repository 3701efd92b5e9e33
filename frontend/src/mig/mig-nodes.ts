/** The nodes that have GPUs which can be partitioned. Pure. */

import type { Layout } from '../data/types';

export interface CapableNode {
  readonly id: string;
  readonly nodeName: string;
  readonly clusterName: string;
  /** How many of its GPUs can be, by product. */
  readonly counts: readonly { readonly modelName: string; readonly n: number }[];
}

/** In fleet order. */
export function capableNodes({ nodes, devices }: Layout, models: ReadonlySet<string>): readonly CapableNode[] {
  return nodes.flatMap(({ id, nodeName, clusterName, first, count }) => {
    const counts = new Map<string, number>();
    for (const { model } of devices.slice(first, first + count)) {
      if (models.has(model.modelName)) counts.set(model.modelName, (counts.get(model.modelName) ?? 0) + 1);
    }
    if (!counts.size) return [];
    return [{ id, nodeName, clusterName, counts: [...counts].map(([modelName, n]) => ({ modelName, n })) }];
  });
}
