/** What the toolbar over the device list shows. */

import type { Snapshot } from '../data/fleet';
import { STATES } from '../data/states';
import type { Layout } from '../data/types';
import { count, shortModel } from '../format/format';
import type { Choice } from '../parts/choice-menu';
import { type Sort, sortText } from '../parts/list-query';
import { t as list } from '../parts/list.text';
import type { Toolbar } from '../parts/list-toolbar';
import { stateWord } from '../parts/states.text';
import { DEVICE_COLUMN_IDS, type DeviceColumn, FLEET_ORDER, NAME_COLUMN, SORT_CHOICES } from './device-columns';
import { type DeviceFilter, isFiltering } from './device-filter';
import { t } from './devices.text';

interface Shown {
  readonly filter: DeviceFilter;
  readonly sort: Sort<DeviceColumn>;
  readonly columns: readonly DeviceColumn[];
  /** How many rows match. */
  readonly shown: number;
  readonly narrow: boolean;
}

export function deviceToolbar({ totals, layout }: Snapshot, { filter, sort, columns, shown, narrow }: Shown): Toolbar {
  const { models, nodes } = choicesOf(layout);
  const filtering = isFiltering(filter);
  return {
    heading: t('title'),
    summary: totals
      ? filtering
        ? list('someOf', { shown: count(shown), n: count(totals.gpus) })
        : t('gpus', { n: totals.gpus, nodes: totals.nodes })
      : '',
    text: filter.text,
    hint: t('search'),
    menus: [
      {
        parameter: 'state',
        label: t('state'),
        choices: STATES.map((value) => ({ value, label: stateWord(value), note: count(totals?.states[value] ?? 0) })),
        chosen: filter.states,
      },
      { parameter: 'model', label: t('model'), choices: models, chosen: filter.models },
      { parameter: 'node', label: t('node'), choices: nodes, chosen: filter.nodes },
    ],
    filtering,
    columns: DEVICE_COLUMN_IDS.filter((id) => id !== NAME_COLUMN).map((id) => ({ value: id, label: t(id) })),
    columnsChosen: columns,
    sorts: SORT_CHOICES.map((each) => ({ value: sortText(each, FLEET_ORDER), label: sortLabel(each) })),
    sort: sortText(sort, FLEET_ORDER),
    sortLabel: sortLabel(sort),
    keys: [
      [['J', 'K'], list('move')],
      [['X'], list('select')],
      [['C'], t('copyUuid')],
    ],
    narrow,
    exportable: shown > 0,
  };
}

function sortLabel({ column, descending }: Sort<DeviceColumn>): string {
  const label = t(column);
  switch (column) {
    case 'node':
      return descending ? t('fleetOrderReversed') : t('fleetOrder');
    case 'model':
      return descending ? list('zToA', { label }) : list('aToZ', { label });
    case 'status':
      return descending ? list('worstFirst') : list('bestFirst');
    default:
      return descending ? list('highestFirst', { label }) : list('lowestFirst', { label });
  }
}

interface Choices {
  readonly models: readonly Choice[];
  readonly nodes: readonly Choice[];
}

const choicesByLayout = new WeakMap<Layout, Choices>();

/** Models and nodes of the fleet; gathered once per layout. */
function choicesOf(layout: Layout | null): Choices {
  if (!layout) return { models: [], nodes: [] };
  let choices = choicesByLayout.get(layout);
  if (!choices) {
    choices = { models: modelChoices(layout), nodes: nodeChoices(layout) };
    choicesByLayout.set(layout, choices);
  }
  return choices;
}

/** Every model with how many GPUs there are of it. */
export function modelChoices({ devices }: Layout): readonly Choice[] {
  const gpus = new Map<string, number>();
  for (const { model } of devices) gpus.set(model.modelName, (gpus.get(model.modelName) ?? 0) + 1);
  return [...gpus].map(([value, n]) => ({ value, label: shortModel(value), note: count(n) }));
}

function nodeChoices({ nodes }: Layout): readonly Choice[] {
  return [...new Set(nodes.map(({ nodeName }) => nodeName))].map((value) => ({ value, label: value }));
}
