/** What the toolbar over the list of allocations shows. */

import type { Allocation } from '../data/allocations';
import { count } from '../format/format';
import { type Sort, sortText } from '../parts/list-query';
import { t as list } from '../parts/list.text';
import type { Toolbar } from '../parts/list-toolbar';
import { type AllocationColumn, COLUMN_IDS, NAME_COLUMN, NEWEST, SORT_CHOICES } from './allocation-columns';
import { type AllocationFilter, type Condition, CONDITIONS, isFiltering, TYPES } from './allocation-filter';
import { t } from './allocations.text';
import { heldGpus } from './asking';

interface Shown {
  readonly filter: AllocationFilter;
  readonly sort: Sort<AllocationColumn>;
  readonly columns: readonly AllocationColumn[];
  /** All of the view, whatever the filters; and how many of them match. */
  readonly all: readonly Allocation[];
  readonly shown: number;
  readonly narrow: boolean;
}

export function allocationToolbar({ filter, sort, columns, all, shown, narrow }: Shown): Toolbar {
  const filtering = isFiltering(filter);
  const gpus = heldGpus(all);
  const whole = Number.isInteger(gpus);
  return {
    heading: t('title'),
    summary: filtering
      ? list('someOf', { shown: count(shown), n: count(all.length) })
      : t(whole ? 'summary' : 'summaryPart', { n: all.length, gpus }),
    text: filter.text,
    hint: t('search'),
    menus: [
      { parameter: 'team', label: t('team'), choices: choicesOf(all, 'teamId'), chosen: filter.teams },
      { parameter: 'owner', label: t('ownerOnly'), choices: choicesOf(all, 'userId'), chosen: filter.owners },
      {
        parameter: 'type',
        label: t('type'),
        choices: TYPES.map((value) => ({ value, label: t(`type.${value}`) })),
        chosen: filter.types,
      },
      {
        parameter: 'is',
        label: t('is'),
        choices: CONDITIONS.map((value) => ({ value, label: conditionWord(value) })),
        chosen: filter.conditions,
      },
    ],
    filtering,
    columns: COLUMN_IDS.filter((id) => id !== NAME_COLUMN).map((id) => ({ value: id, label: t(id) })),
    columnsChosen: columns,
    sorts: SORT_CHOICES.map((each) => ({ value: sortText(each, NEWEST), label: sortLabel(each) })),
    sort: sortText(sort, NEWEST),
    sortLabel: sortLabel(sort),
    keys: [
      [['J', 'K'], list('move')],
      [['X'], list('select')],
      [['R'], t('releaseKey')],
    ],
    narrow,
    exportable: shown > 0,
  };
}

export function conditionWord(condition: Condition): string {
  switch (condition) {
    case 'idle':
    case 'soon':
    case 'noend':
      return t(`is.${condition}`);
    default:
      return t(condition);
  }
}

/** Every team or owner of the view, with how many allocations each has. */
function choicesOf(all: readonly Allocation[], by: 'teamId' | 'userId') {
  const counts = new Map<string, number>();
  for (const allocation of all) counts.set(allocation[by], (counts.get(allocation[by]) ?? 0) + 1);
  return [...counts].sort().map(([value, n]) => ({ value, label: value, note: count(n) }));
}

function sortLabel({ column, descending }: Sort<AllocationColumn>): string {
  const label = t(column);
  switch (column) {
    case 'since':
      return descending ? t('oldest') : t('newest');
    case 'ends':
      return descending ? list('highestFirst', { label }) : t('endsFirst');
    case 'gpus':
    case 'utilization':
    case 'idle':
      return descending ? list('highestFirst', { label }) : list('lowestFirst', { label });
    default:
      return descending ? list('zToA', { label }) : list('aToZ', { label });
  }
}
