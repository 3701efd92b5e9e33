/** Which nodes a list shows, one after the other; renewed seldom, as rows that jump at every tick cannot be read. */

import type { Known } from '../data/fleet';
import { type Sort, sortedBy, textKeys } from '../parts/list-query';
import { share } from '../parts/meter';
import type { NodeColumn } from './node-columns';
import { matching, type NodeFilter } from './node-filter';
import { type NodeEntry, nodeTotals, reportAgeMs, statusOf } from './node-rows';

/** An order is renewed this often; other nodes, another filter or sort count at once. */
export const RENEW_MS = 3000;

export class NodeOrder {
  nodes: readonly NodeEntry[] = [];
  #entries: readonly NodeEntry[] | null = null;
  #key = '';
  #renewedAt = Number.NEGATIVE_INFINITY;

  /** Looks anew where it is due. */
  follow(known: Known, entries: readonly NodeEntry[], filter: NodeFilter, sort: Sort<NodeColumn>): void {
    const key = JSON.stringify([filter, sort]);
    if (entries === this.#entries && key === this.#key && known.now - this.#renewedAt < RENEW_MS) return;
    this.#entries = entries;
    this.#key = key;
    this.#renewedAt = known.now;
    this.nodes = ordered(known, entries, filter, sort);
  }
}

/** The nodes that match, sorted. Pure. */
export function ordered(
  known: Known,
  entries: readonly NodeEntry[],
  filter: NodeFilter,
  sort: Sort<NodeColumn>,
): readonly NodeEntry[] {
  const keys = keysOf(known, entries, sort.column);
  return sortedBy(matching(known, entries, filter), keys, sort.descending).flatMap((at) => entries[at] ?? []);
}

/** What a column is sorted by, per node; NaN: unknown. */
function keysOf(known: Known, entries: readonly NodeEntry[], column: NodeColumn): Float64Array {
  const texts = (read: (entry: NodeEntry) => string) => textKeys(entries.map(read));
  switch (column) {
    case 'node':
      return texts(({ clusterName, nodeName }) => `${clusterName}\n${nodeName}`);
    case 'cluster':
      return texts(({ clusterName }) => clusterName);
    case 'models':
      return texts(({ models }) => models.join(', '));
    case 'driver':
      return texts(({ identity }) => identity?.nvidiaDriverVersion ?? '');
    case 'source':
      return texts(({ identity }) => identity?.collectionSource ?? '');
    default:
      return Float64Array.from(entries, (entry) => figureOf(known, entry, column) ?? Number.NaN);
  }
}

function figureOf(known: Known, entry: NodeEntry, column: NodeColumn): number | null {
  const totals = nodeTotals(known, entry);
  switch (column) {
    case 'status':
      return statusOf(entry) === null ? null : Number(statusOf(entry) === 'OFFLINE');
    case 'gpus':
      return totals.gpus;
    case 'allocated':
      return totals.allocated;
    case 'free':
      return totals.states.free;
    case 'out':
      return outOf(totals.states);
    case 'utilization':
      return totals.utilizationPct;
    case 'memory':
      return share(totals.memoryUsedMb, totals.memoryTotalMb);
    case 'power':
      return totals.powerW;
    case 'report':
      return reportAgeMs(known, entry);
    default:
      return null;
  }
}

/** How many GPUs take no new work: unhealthy, or out of service. */
export function outOf(states: { readonly unhealthy: number; readonly out: number }): number {
  return states.unhealthy + states.out;
}
