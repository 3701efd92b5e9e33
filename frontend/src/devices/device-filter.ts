/** Which GPUs a list shows, as its address says. Pure. */

import type { Query } from '../app/routes';
import { type DeviceState, type Judged, STATES } from '../data/states';
import type { Device, Layout } from '../data/types';
import { holdsWords, valuesOf, wordsOf } from '../parts/list-query';

/** Each part narrows; an empty one does not. */
export interface DeviceFilter {
  readonly text: string;
  readonly states: readonly DeviceState[];
  /** Model and node names, or their ids. */
  readonly models: readonly string[];
  readonly nodes: readonly string[];
}

/** What to `refine` for a list without filters. */
export const NO_FILTER: Query = { q: '', state: '', model: '', node: '' };

export function filterOf({ q, state, model, node }: Query): DeviceFilter {
  const asked = valuesOf(state);
  return {
    text: q ?? '',
    states: STATES.filter((known) => asked.includes(known)),
    models: valuesOf(model),
    nodes: valuesOf(node),
  };
}

export function isFiltering({ text, states, models, nodes }: DeviceFilter): boolean {
  return text !== '' || states.length > 0 || models.length > 0 || nodes.length > 0;
}

/** Positions of the GPUs that match, in fleet order; those that are retired never do. */
export function matching(layout: Layout, judged: Judged, filter: DeviceFilter): number[] {
  const words = wordsOf(joined(filter.text));
  const searched = words.length ? searchedTexts(layout) : [];
  const states = new Set(filter.states);
  const models = new Set(filter.models);
  const nodes = new Set(filter.nodes);
  const positions: number[] = [];
  layout.devices.forEach(({ model, node }, at) => {
    const state = judged.states[at];
    if (!state || (states.size && !states.has(state))) return;
    if (models.size && !models.has(model.modelName) && !models.has(model.id)) return;
    if (nodes.size && !nodes.has(node.nodeName) && !nodes.has(node.id)) return;
    if (words.length && !holdsWords(searched[at] ?? '', words)) return;
    positions.push(at);
  });
  return positions;
}

const searchedOf = new WeakMap<Layout, readonly string[]>();

/** What the text filter looks through, per GPU; made once per layout. */
function searchedTexts(layout: Layout): readonly string[] {
  let texts = searchedOf.get(layout);
  if (!texts) {
    texts = layout.devices.map(searchedText);
    searchedOf.set(layout, texts);
  }
  return texts;
}

/** `h100-07 · GPU 3` as it is searched: the number belongs to the GPU, it is not looked for in UUIDs. */
function joined(text: string): string {
  return text.replaceAll('·', ' ').replace(/\bgpu\s+(?=\d)/gi, 'gpu');
}

function searchedText({ node, deviceIndex, model, gpuUuid, pciAddress }: Device): string {
  const names = `${node.nodeName} gpu${deviceIndex} ${node.clusterName}`;
  return `${names} ${model.modelName} ${gpuUuid} ${pciAddress ?? ''}`.toLowerCase();
}
