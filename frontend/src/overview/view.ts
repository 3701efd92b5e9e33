/** What the reader asked of the overview, as its address says. Pure. */

import type { Query } from '../app/routes';
import { type Metric, METRICS } from '../data/history';
import { type DeviceState, STATES } from '../data/states';
import { type Grouping, GROUPINGS } from './heat-map/groups';

export interface View {
  readonly metric: Metric;
  readonly group: Grouping;
  /** '' for all. */
  readonly state: DeviceState | '';
  /** Whether the fleet is shown as a table instead of a map. */
  readonly table: boolean;
}

const STANDARD: View = { metric: 'utilization', group: 'pool', state: '', table: false };

/** What is not known is as if it were not said. */
export function viewOf({ metric, group, state, view }: Query): View {
  return {
    metric: METRICS.find((known) => known === metric) ?? STANDARD.metric,
    group: GROUPINGS.find((known) => known === group) ?? STANDARD.group,
    state: STATES.find((known) => known === state) ?? STANDARD.state,
    table: view === 'table',
  };
}

/** What to `refine` for some of it; what is standard is left out of the address. */
export function queryOf(some: Partial<View>): Query {
  const query: Record<string, string> = {};
  for (const name of ['metric', 'group', 'state'] as const) {
    const value = some[name];
    if (value !== undefined) query[name] = value === STANDARD[name] ? '' : value;
  }
  if (some.table !== undefined) query.view = some.table ? 'table' : '';
  return query;
}
