/** How a container is bound to the devices of an allocation: their UUIDs in its environment. Pure. */

import type { Answer } from '../data/requests';

type Granted = NonNullable<Answer['allocation']>;

/**
 * Lines of a container's `env`, one block a node; null where they would not be true: an instance has a UUID of its own,
 * and what is not there yet has none.
 */
export function manifestOf({ status, resourceType, resources }: Granted): string | null {
  if (status !== 'ACTIVE' || resourceType === 'MIG' || !resources.length) return null;
  const byNode = new Map<string, string[]>();
  for (const { device } of resources) {
    if (!device) return null;
    byNode.set(device.node.nodeName, [...(byNode.get(device.node.nodeName) ?? []), device.gpuUuid]);
  }
  return [...byNode].map(([node, uuids]) => block(node, uuids.join(','))).join('\n');
}

function block(node: string, uuids: string): string {
  return [
    `# container on node ${node}`,
    'env:',
    '  - name: NVIDIA_VISIBLE_DEVICES',
    `    value: "${uuids}"`,
    '  - name: CUDA_VISIBLE_DEVICES',
    `    value: "${uuids}"`,
  ].join('\n');
}
