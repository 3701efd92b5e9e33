/** The device list as a file. */

import type { Known } from '../data/fleet';
import { type Cell, csvOf } from '../parts/csv';
import { type Row, rowAt } from './rows';

/** Field names and what each holds. English in every language: programs read them. */
const FIELDS: readonly (readonly [string, (row: Row) => Cell])[] = [
  ['cluster', ({ device }) => device.node.clusterName],
  ['node', ({ device }) => device.node.nodeName],
  ['gpu_index', ({ device }) => device.deviceIndex],
  ['model', ({ device }) => device.model.modelName],
  ['status', ({ status }) => status],
  ['status_reason', ({ reason }) => reason],
  ['state', ({ state }) => state],
  ['utilization_pct', ({ utilizationPct }) => utilizationPct],
  ['memory_used_mib', ({ memoryUsedMb }) => memoryUsedMb],
  ['memory_total_mib', ({ memoryTotalMb }) => memoryTotalMb],
  ['temperature_c', ({ temperatureC }) => temperatureC],
  ['power_w', ({ powerW }) => powerW],
  ['power_limit_w', ({ device }) => device.powerLimitW],
  ['reading_age_s', ({ ageMs }) => (ageMs === null ? null : Math.round(ageMs / 100) / 10)],
  ['pci_address', ({ device }) => device.pciAddress],
  ['gpu_uuid', ({ device }) => device.gpuUuid],
];

/** The GPUs at these positions, one a line, with their newest readings. */
export function devicesCsv(known: Known, positions: readonly number[]): string {
  return csvOf(
    FIELDS.map(([name]) => name),
    positions.flatMap((at) => {
      const row = rowAt(known, at);
      return row ? [FIELDS.map(([, read]) => read(row))] : [];
    }),
  );
}
