/** Which nodes a list shows, as its address says. Pure. */

import type { Query } from '../app/routes';
import type { Known } from '../data/fleet';
import { type DeviceState, STATES } from '../data/states';
import type { NodeStatus } from '../data/types';
import { holdsWords, valuesOf, wordsOf } from '../parts/list-query';
import { type NodeEntry, nodeTotals, statusOf } from './node-rows';

export const NODE_STATUSES: readonly NodeStatus[] = ['READY', 'OFFLINE'];

/** Each part narrows; an empty one does not. */
export interface NodeFilter {
  readonly text: string;
  readonly statuses: readonly NodeStatus[];
  readonly models: readonly string[];
  /** It has at least one GPU in one of these. */
  readonly states: readonly DeviceState[];
}

/** What to `refine` for a list without filters. */
export const NO_FILTER: Query = { q: '', status: '', model: '', state: '' };

export function filterOf({ q, status, model, state }: Query): NodeFilter {
  const statuses = valuesOf(status);
  const states = valuesOf(state);
  return {
    text: q ?? '',
    statuses: NODE_STATUSES.filter((known) => statuses.includes(known)),
    models: valuesOf(model),
    states: STATES.filter((known) => states.includes(known)),
  };
}

export function isFiltering({ text, statuses, models, states }: NodeFilter): boolean {
  return text !== '' || statuses.length > 0 || models.length > 0 || states.length > 0;
}

/** Places in `entries` of the nodes that match. */
export function matching(known: Known, entries: readonly NodeEntry[], filter: NodeFilter): number[] {
  const words = wordsOf(filter.text);
  return entries.flatMap((entry, at) => (matches(known, entry, filter, words) ? [at] : []));
}

function matches(known: Known, entry: NodeEntry, filter: NodeFilter, words: readonly string[]): boolean {
  const { statuses, models, states } = filter;
  const status = statusOf(entry);
  if (statuses.length && (status === null || !statuses.includes(status))) return false;
  if (models.length && !models.some((model) => entry.models.includes(model))) return false;
  if (words.length && !holdsWords(searchedText(entry), words)) return false;
  if (!states.length) return true;
  const totals = nodeTotals(known, entry);
  return states.some((state) => totals.states[state] > 0);
}

function searchedText({ nodeName, clusterName, models, identity }: NodeEntry): string {
  const { nodeIp, nvidiaDriverVersion } = identity ?? {};
  return `${nodeName} ${clusterName} ${models.join(' ')} ${nodeIp ?? ''} ${nvidiaDriverVersion ?? ''}`.toLowerCase();
}
