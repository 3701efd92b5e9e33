/** The columns of the node table. */

import type { Sort } from '../parts/list-query';
import type { Room } from '../parts/width';

export type NodeColumn =
  | 'node'
  | 'cluster'
  | 'status'
  | 'gpus'
  | 'strip'
  | 'models'
  | 'allocated'
  | 'free'
  | 'out'
  | 'utilization'
  | 'memory'
  | 'power'
  | 'driver'
  | 'ip'
  | 'source'
  | 'report';

interface Column {
  readonly id: NodeColumn;
  /** Which way the first click sorts; null: not sortable. Figures start with the largest. */
  readonly sorts: 'up' | 'down' | null;
  readonly right: boolean;
}

export const NODE_COLUMNS: readonly Column[] = [
  { id: 'node', sorts: 'up', right: false },
  { id: 'cluster', sorts: 'up', right: false },
  { id: 'status', sorts: 'down', right: false },
  { id: 'models', sorts: 'up', right: false },
  { id: 'gpus', sorts: 'down', right: true },
  { id: 'strip', sorts: null, right: false },
  { id: 'allocated', sorts: 'down', right: true },
  { id: 'free', sorts: 'down', right: true },
  { id: 'out', sorts: 'down', right: true },
  { id: 'utilization', sorts: 'down', right: false },
  { id: 'memory', sorts: 'down', right: false },
  { id: 'power', sorts: 'down', right: true },
  { id: 'driver', sorts: 'up', right: false },
  { id: 'ip', sorts: null, right: false },
  { id: 'source', sorts: 'up', right: false },
  { id: 'report', sorts: 'down', right: true },
];

export const NODE_COLUMN_IDS = NODE_COLUMNS.map(({ id }) => id);

/** The name that leads to the node; it cannot be left out. */
export const NAME_COLUMN: NodeColumn = 'node';

const STANDARD = NODE_COLUMN_IDS.filter((id) => id !== 'ip' && id !== 'source');

const STANDARD_COLUMNS: Readonly<Record<Room, readonly NodeColumn[]>> = {
  all: STANDARD,
  some: STANDARD.filter((id) => id !== 'models' && id !== 'gpus' && id !== 'memory' && id !== 'driver'),
  little: ['node', 'status', 'strip', 'free', 'out', 'utilization'],
  list: STANDARD,
};

/** The columns where none are asked for. Which cluster it is says something only where there are several. */
export function standardColumns(clusters: number, room: Room): readonly NodeColumn[] {
  return STANDARD_COLUMNS[room].filter((id) => id !== 'cluster' || clusters > 1);
}

/** Fleet order: cluster, name. */
export const FLEET_ORDER: Sort<NodeColumn> = { column: 'node', descending: false };

/** What a phone offers to sort by. */
export const SORT_CHOICES: readonly Sort<NodeColumn>[] = [
  FLEET_ORDER,
  { column: 'utilization', descending: true },
  { column: 'utilization', descending: false },
  { column: 'free', descending: true },
  { column: 'out', descending: true },
  { column: 'power', descending: true },
  { column: 'report', descending: true },
];
