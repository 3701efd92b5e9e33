/** Which GPUs a list shows, one after the other. Rows that jump at every tick cannot be read: it is renewed seldom. */

import type { Known } from '../data/fleet';
import { STATES } from '../data/states';
import { type Sort, sortedBy, textKeys } from '../parts/list-query';
import { share } from '../parts/meter';
import { type DeviceColumn, FLEET_ORDER } from './device-columns';
import { type DeviceFilter, matching } from './device-filter';

/** An order is renewed this often; a new layout, filter or sort counts at once. */
export const RENEW_MS = 3000;

export class DeviceOrder {
  /** Positions in the layout. */
  positions: readonly number[] = [];
  #key = '';
  #renewedAt = Number.NEGATIVE_INFINITY;

  /** Looks anew where it is due. */
  follow(known: Known, filter: DeviceFilter, sort: Sort<DeviceColumn>): void {
    const key = JSON.stringify([known.layout.version, filter, sort]);
    if (key === this.#key && known.now - this.#renewedAt < RENEW_MS) return;
    this.#key = key;
    this.#renewedAt = known.now;
    this.positions = ordered(known, filter, sort);
  }
}

/** Positions of the GPUs that match, sorted. Pure. */
export function ordered(known: Known, filter: DeviceFilter, sort: Sort<DeviceColumn>): readonly number[] {
  const positions = matching(known.layout, known.judged, filter);
  if (sort.column === FLEET_ORDER.column) return sort.descending ? positions.reverse() : positions;
  return sortedBy(positions, keysOf(known, sort.column), sort.descending);
}

/** What a column is sorted by, per position; NaN: unknown. A reading that is too old is not compared with fresh ones. */
function keysOf({ layout, frame, judged }: Known, column: DeviceColumn): Float64Array {
  const fresh = (values: readonly (number | null)[]) =>
    Float64Array.from(layout.devices, (_, at) => (judged.stale[at] ? Number.NaN : (values[at] ?? Number.NaN)));
  switch (column) {
    case 'model':
      return textKeys(layout.devices.map(({ model }) => model.modelName));
    case 'utilization':
      return fresh(frame.gpuUtilizationPct);
    case 'memory':
      return fresh(
        layout.devices.map((device, at) =>
          share(frame.memoryUsedMb[at] ?? null, frame.memoryTotalMb[at] ?? device.memoryTotalMb),
        ),
      );
    case 'temperature':
      return fresh(frame.temperatureC);
    case 'power':
      return fresh(frame.powerDrawW);
    case 'status':
      return Float64Array.from(judged.states, (state) => (state ? STATES.indexOf(state) : Number.NaN));
    default:
      return new Float64Array(layout.devices.length);
  }
}
