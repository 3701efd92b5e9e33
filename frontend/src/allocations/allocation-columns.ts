/** The columns of the table of allocations. */

import { nextSort, type Sort } from '../parts/list-query';
import type { Room } from '../parts/width';

export type AllocationColumn =
  | 'workload'
  | 'owner'
  | 'resource'
  | 'where'
  | 'gpus'
  | 'utilization'
  | 'idle'
  | 'since'
  | 'ends'
  | 'cost'
  | 'status';

interface Column {
  readonly id: AllocationColumn;
  /** Which way the first click sorts; null: not sortable. */
  readonly sorts: 'up' | 'down' | null;
  readonly right: boolean;
}

export const COLUMNS: readonly Column[] = [
  { id: 'workload', sorts: 'up', right: false },
  { id: 'owner', sorts: 'up', right: false },
  { id: 'resource', sorts: 'up', right: false },
  { id: 'where', sorts: 'up', right: false },
  { id: 'gpus', sorts: 'down', right: true },
  { id: 'utilization', sorts: 'down', right: false },
  { id: 'idle', sorts: 'down', right: true },
  { id: 'since', sorts: 'up', right: true },
  { id: 'ends', sorts: 'up', right: true },
  { id: 'cost', sorts: null, right: true },
  { id: 'status', sorts: 'up', right: false },
];

export const COLUMN_IDS = COLUMNS.map(({ id }) => id);

/** The name that leads to the allocation; it cannot be left out. */
export const NAME_COLUMN: AllocationColumn = 'workload';

export const STANDARD_COLUMNS: Readonly<Record<Room, readonly AllocationColumn[]>> = {
  all: COLUMN_IDS,
  some: COLUMN_IDS.filter((id) => id !== 'cost' && id !== 'where'),
  little: ['workload', 'owner', 'resource', 'utilization', 'since', 'status'],
  list: COLUMN_IDS,
};

/** Newest first: the shortest time since. */
export const NEWEST: Sort<AllocationColumn> = { column: 'since', descending: false };

/** What a phone offers to sort by. */
export const SORT_CHOICES: readonly Sort<AllocationColumn>[] = [
  NEWEST,
  { column: 'since', descending: true },
  { column: 'gpus', descending: true },
  { column: 'idle', descending: true },
  { column: 'ends', descending: false },
  { column: 'owner', descending: false },
];

export function sortAfter(sort: Sort<AllocationColumn>, column: AllocationColumn): Sort<AllocationColumn> {
  const down = COLUMNS.find(({ id }) => id === column)?.sorts === 'down';
  return nextSort(sort, column, down, NEWEST);
}
