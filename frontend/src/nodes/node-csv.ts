/** The node list as a file. */

import type { Known } from '../data/fleet';
import { type Cell, csvOf } from '../parts/csv';
import { type NodeRow, nodeRow } from './node-cells';
import { type NodeEntry, reportAgeMs, statusOf } from './node-rows';

/** Field names and what each holds. English in every language: programs read them. */
const FIELDS: readonly (readonly [string, (row: NodeRow) => Cell])[] = [
  ['cluster', ({ entry }) => entry.clusterName],
  ['node', ({ entry }) => entry.nodeName],
  ['status', ({ entry }) => statusOf(entry)],
  ['models', ({ entry }) => entry.models.join('; ')],
  ['gpus', ({ totals }) => totals.gpus],
  ['allocated', ({ totals }) => totals.allocated],
  ['free', ({ totals }) => totals.states.free],
  ['out_of_service', ({ totals }) => totals.states.out],
  ['unhealthy', ({ totals }) => totals.states.unhealthy],
  ['no_data', ({ totals }) => totals.states.nodata],
  ['utilization_pct', ({ totals }) => rounded(totals.utilizationPct)],
  ['memory_used_mib', ({ totals }) => (totals.memoryTotalMb ? totals.memoryUsedMb : null)],
  ['memory_total_mib', ({ totals }) => totals.memoryTotalMb || null],
  ['power_w', ({ totals }) => rounded(totals.powerW)],
  ['driver_version', ({ entry }) => entry.identity?.nvidiaDriverVersion ?? null],
  ['ip_address', ({ entry }) => entry.identity?.nodeIp ?? null],
  ['collection_source', ({ entry }) => entry.identity?.collectionSource ?? null],
  ['last_report_age_s', ({ known, entry }) => rounded(inSeconds(reportAgeMs(known, entry)))],
];

/** These nodes, one a line, with the newest figures of their GPUs. */
export function nodesCsv(known: Known, nodes: readonly NodeEntry[]): string {
  return csvOf(
    FIELDS.map(([name]) => name),
    nodes.map((entry) => FIELDS.map(([, read]) => read(nodeRow(known, entry, '', -1)))),
  );
}

function inSeconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}
