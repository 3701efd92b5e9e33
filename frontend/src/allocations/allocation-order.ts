/** Allocations in the order of a column. Rows that jump at every tick cannot be read: it is renewed seldom. */

import { type Sort, sortedBy, textKeys } from '../parts/list-query';
import type { AllocationColumn } from './allocation-columns';
import type { Row } from './rows';

/** An order is renewed this often; other rows, filters or another sort count at once. */
export const RENEW_MS = 3000;

export class AllocationOrder {
  /** Ids in the order of the list. */
  ids: readonly string[] = [];
  #key = '';
  #renewedAt = Number.NEGATIVE_INFINITY;

  /** `key` says what the rows are of: where it is another, they are ordered anew at once. */
  follow(key: string, now: number, rows: () => readonly Row[], sort: Sort<AllocationColumn>): void {
    if (key === this.#key && now - this.#renewedAt < RENEW_MS) return;
    this.#key = key;
    this.#renewedAt = now;
    this.ids = ordered(rows(), sort).map(({ allocation }) => allocation.id);
  }
}

/** Pure. What is unknown comes last. */
export function ordered(rows: readonly Row[], { column, descending }: Sort<AllocationColumn>): readonly Row[] {
  // Equal ones stand as they were asked for, the newest first.
  const newest = [...rows].sort(
    (one, other) => other.since - one.since || (one.allocation.id < other.allocation.id ? -1 : 1),
  );
  const order = sortedBy([...newest.keys()], keysOf(newest, column), descending);
  return order.flatMap((at) => newest[at] ?? []);
}

function keysOf(rows: readonly Row[], column: AllocationColumn): Float64Array {
  const numbers = (read: (row: Row) => number | null) => Float64Array.from(rows, (row) => read(row) ?? Number.NaN);
  switch (column) {
    case 'workload':
      return textKeys(rows.map(({ name }) => name));
    case 'owner':
      return textKeys(rows.map(({ allocation }) => `${allocation.teamId} ${allocation.userId}`));
    case 'resource':
      return textKeys(rows.map(({ allocation }) => `${allocation.resourceType} ${allocation.allocatedResource ?? ''}`));
    case 'where':
      return textKeys(rows.map(({ where }) => where));
    case 'gpus':
      return numbers(({ allocation }) => allocation.gpuEquivalents || allocation.gpuCount);
    case 'utilization':
      return numbers(({ utilizationPct }) => utilizationPct);
    case 'idle':
      return numbers(({ idleMs }) => idleMs);
    case 'since':
      return numbers(({ since }) => -since);
    case 'ends':
      return numbers(({ endsInMs }) => endsInMs);
    case 'status':
      return textKeys(rows.map(({ allocation }) => allocation.status));
    case 'cost':
      return new Float64Array(rows.length);
  }
}
