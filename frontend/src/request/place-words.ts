/** Where a request would go, in words and as GPUs. Pure. */

import type { Answer } from '../data/requests';
import { shortModel } from '../format/format';
import { t } from './request.text';

export type Place = NonNullable<Answer['place']>;

/** 2 × H100 80GB HBM3 on h100-07 · GPU 0, 1; 16 × H100 on 2 nodes; 3g.40gb at 0 on h100-07 · GPU 3 */
export function placeWords({ resources }: Place): string {
  const [first] = resources;
  if (!first) return '';
  const nodes = byNode(resources);
  const what = whatWords(resources.length, first);
  if (nodes.size > 1) return t('onNodes', { what, n: nodes.size });
  const indexes = [...new Set(resources.map(({ device }) => device.deviceIndex))].sort((a, b) => a - b);
  return t('onNode', { what, node: first.device.node.nodeName, gpus: ranges(indexes) });
}

function whatWords(n: number, { profileName, shareMilli, device }: Place['resources'][number]): string {
  if (shareMilli !== null) return t('share', { share: shareMilli / 10 });
  return `${n} × ${profileName ?? shortModel(device.model.modelName)}`;
}

/** The GPUs of a place by node. */
export function byNode(resources: Place['resources']): ReadonlyMap<string, readonly number[]> {
  const nodes = new Map<string, number[]>();
  for (const { device } of resources) {
    const of = nodes.get(device.node.nodeName) ?? [];
    if (!of.includes(device.deviceIndex)) of.push(device.deviceIndex);
    nodes.set(device.node.nodeName, of);
  }
  return nodes;
}

/** 0–3, 6 */
export function ranges(indexes: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const index of indexes) {
    const last = runs.at(-1);
    if (last && last[1] + 1 === index) last[1] = index;
    else runs.push([index, index]);
  }
  return runs
    .map(([from, to]) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from}–${to}`))
    .join(', ');
}

/** GPU-equivalents that a place takes. */
export function takes({ resources }: Place): number {
  return resources.reduce((sum, { gpuEquivalent }) => sum + gpuEquivalent, 0);
}
