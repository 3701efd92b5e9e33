/** The list of allocations as a file. */

import { type Cell, csvOf } from '../parts/csv';
import type { Row } from './rows';

/** Field names and what each holds. English in every language: programs read them. */
const FIELDS: readonly (readonly [string, (row: Row) => Cell])[] = [
  ['id', ({ allocation }) => allocation.id],
  ['user', ({ allocation }) => allocation.userId],
  ['team', ({ allocation }) => allocation.teamId],
  ['namespace', ({ allocation }) => allocation.namespace],
  ['pod', ({ allocation }) => allocation.podName],
  ['workload', ({ allocation }) => allocation.workloadType],
  ['resource_type', ({ allocation }) => allocation.resourceType],
  ['resource', ({ allocation }) => allocation.allocatedResource],
  ['gpu_equivalents', ({ allocation }) => allocation.gpuEquivalents],
  ['status', ({ allocation }) => allocation.status],
  ['status_reason', ({ allocation }) => allocation.statusReason],
  ['priority', ({ allocation }) => allocation.priority],
  ['queue_position', ({ queuePosition }) => queuePosition],
  ['requested_at', ({ allocation }) => allocation.requestedTime],
  ['started_at', ({ allocation }) => allocation.allocationTime],
  ['planned_end_at', ({ allocation }) => allocation.plannedReleaseTime],
  ['ended_at', ({ allocation }) => allocation.endedTime],
  ['utilization_pct', ({ utilizationPct }) => (utilizationPct === null ? null : Math.round(utilizationPct * 10) / 10)],
  ['idle_s', ({ idleMs }) => (idleMs === null ? null : Math.round(idleMs / 1000))],
  ['idle_is_lower_bound', ({ idleMs, idleAtLeast }) => (idleMs === null ? null : String(idleAtLeast))],
];

/** The rows, one a line. */
export function allocationsCsv(rows: readonly Row[]): string {
  return csvOf(
    FIELDS.map(([name]) => name),
    rows.map((row) => FIELDS.map(([, read]) => read(row))),
  );
}
