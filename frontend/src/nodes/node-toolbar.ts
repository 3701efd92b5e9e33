/** What the toolbar over the node list shows. */

import { modelChoices } from '../devices/device-toolbar';
import type { Snapshot } from '../data/fleet';
import { STATES } from '../data/states';
import { count } from '../format/format';
import { type Sort, sortText } from '../parts/list-query';
import { t as list } from '../parts/list.text';
import type { Toolbar } from '../parts/list-toolbar';
import { stateWord } from '../parts/states.text';
import { FLEET_ORDER, NAME_COLUMN, NODE_COLUMN_IDS, type NodeColumn, SORT_CHOICES } from './node-columns';
import { isFiltering, NODE_STATUSES, type NodeFilter } from './node-filter';
import { t } from './nodes.text';

interface Shown {
  readonly filter: NodeFilter;
  readonly sort: Sort<NodeColumn>;
  readonly columns: readonly NodeColumn[];
  /** How many rows there are, and how many match. */
  readonly total: number;
  readonly shown: number;
  readonly narrow: boolean;
}

export function nodeToolbar({ totals, layout }: Snapshot, shown: Shown): Toolbar {
  const { filter, sort, columns, narrow } = shown;
  const filtering = isFiltering(filter);
  return {
    heading: t('title'),
    summary: totals
      ? filtering
        ? list('someOf', { shown: count(shown.shown), n: count(shown.total) })
        : t('nodes', { n: shown.total, gpus: totals.gpus })
      : '',
    text: filter.text,
    hint: t('search'),
    menus: [
      {
        parameter: 'status',
        label: t('status'),
        choices: NODE_STATUSES.map((value) => ({ value, label: stateWord(value) })),
        chosen: filter.statuses,
      },
      { parameter: 'model', label: t('model'), choices: layout ? modelChoices(layout) : [], chosen: filter.models },
      {
        parameter: 'state',
        label: t('hasGpus'),
        choices: STATES.map((value) => ({ value, label: stateWord(value) })),
        chosen: filter.states,
      },
    ],
    filtering,
    columns: NODE_COLUMN_IDS.filter((id) => id !== NAME_COLUMN).map((id) => ({ value: id, label: t(id) })),
    columnsChosen: columns,
    sorts: SORT_CHOICES.map((each) => ({ value: sortText(each, FLEET_ORDER), label: sortLabel(each) })),
    sort: sortText(sort, FLEET_ORDER),
    sortLabel: sortLabel(sort),
    keys: [
      [['J', 'K'], list('move')],
      [['F'], list('filter')],
    ],
    narrow,
    exportable: shown.shown > 0,
  };
}

const TEXT_COLUMNS: ReadonlySet<NodeColumn> = new Set<NodeColumn>(['cluster', 'models', 'driver', 'source']);

function sortLabel({ column, descending }: Sort<NodeColumn>): string {
  const label = t(column);
  if (column === 'node') return descending ? t('fleetOrderReversed') : t('fleetOrder');
  if (column === 'status') return descending ? list('worstFirst') : list('bestFirst');
  if (column === 'report') return descending ? t('longestFirst') : t('newestFirst');
  if (TEXT_COLUMNS.has(column)) return descending ? list('zToA', { label }) : list('aToZ', { label });
  return descending ? list('highestFirst', { label }) : list('lowestFirst', { label });
}
