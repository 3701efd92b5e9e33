/** The columns of the device table. */

import { nextSort, type Sort } from '../parts/list-query';
import type { Room } from '../parts/width';

export type DeviceColumn =
  | 'node'
  | 'gpu'
  | 'model'
  | 'trend'
  | 'utilization'
  | 'memory'
  | 'temperature'
  | 'power'
  | 'status'
  | 'pci'
  | 'uuid';

interface Column {
  readonly id: DeviceColumn;
  /** Which way the first click sorts; null: not sortable. Readings start with the largest. */
  readonly sorts: 'up' | 'down' | null;
  readonly right: boolean;
}

export const DEVICE_COLUMNS: readonly Column[] = [
  { id: 'node', sorts: 'up', right: false },
  { id: 'gpu', sorts: null, right: false },
  { id: 'model', sorts: 'up', right: false },
  { id: 'trend', sorts: null, right: false },
  { id: 'utilization', sorts: 'down', right: false },
  { id: 'memory', sorts: 'down', right: false },
  { id: 'temperature', sorts: 'down', right: true },
  { id: 'power', sorts: 'down', right: false },
  { id: 'status', sorts: 'down', right: false },
  { id: 'pci', sorts: null, right: false },
  { id: 'uuid', sorts: null, right: false },
];

export const DEVICE_COLUMN_IDS = DEVICE_COLUMNS.map(({ id }) => id);

/** The name that leads to the device; it cannot be left out. */
export const NAME_COLUMN: DeviceColumn = 'gpu';

const STANDARD = DEVICE_COLUMN_IDS.filter((id) => id !== 'pci');

/** The columns where none are asked for. */
export const STANDARD_COLUMNS: Readonly<Record<Room, readonly DeviceColumn[]>> = {
  all: STANDARD,
  some: STANDARD.filter((id) => id !== 'trend' && id !== 'uuid'),
  little: ['node', 'gpu', 'utilization', 'memory', 'temperature', 'status'],
  list: STANDARD,
};

/** Fleet order: cluster, node, index. */
export const FLEET_ORDER: Sort<DeviceColumn> = { column: 'node', descending: false };

/** What a phone offers to sort by. */
export const SORT_CHOICES: readonly Sort<DeviceColumn>[] = [
  FLEET_ORDER,
  { column: 'utilization', descending: true },
  { column: 'utilization', descending: false },
  { column: 'memory', descending: true },
  { column: 'temperature', descending: true },
  { column: 'power', descending: true },
  { column: 'status', descending: true },
];

/** The sort after a click on the head of a column. */
export function sortAfter(sort: Sort<DeviceColumn>, column: DeviceColumn): Sort<DeviceColumn> {
  const down = DEVICE_COLUMNS.find(({ id }) => id === column)?.sorts === 'down';
  return nextSort(sort, column, down, FLEET_ORDER);
}
