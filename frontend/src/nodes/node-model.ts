/** The charts and figures of one node. Pure. */

import { seen } from '../data/device';
import type { History } from '../data/history';
import { extentOf } from '../data/series';
import type { Totals } from '../data/totals';
import type { Layout } from '../data/types';
import { celsius, count, gib, percent, wattsText } from '../format/format';
import type { HistorySource } from '../data/device';
import type { ChartSpec } from '../parts/live-chart-board';
import { powerTop } from '../parts/live-chart-model';
import { t } from './node.text';

/** The node as one source: the mean utilisation and the total power of its GPUs. */
export function nodeHistory(history: History, positions: readonly number[]): HistorySource {
  const mean = seen(history, positions, 'mean');
  const sum = seen(history, positions, 'sum');
  return { series: (metric) => (metric === 'power' || metric === 'memory' ? sum : mean).series(metric) };
}

/** The limits of all its GPUs together, W; null: not known for every one. */
export function powerLimitOf(layout: Layout, positions: readonly number[]): number | null {
  let sum = 0;
  for (const at of positions) {
    const limit = layout.devices[at]?.powerLimitW ?? null;
    if (limit === null) return null;
    sum += limit;
  }
  return positions.length ? sum : null;
}

export function nodeCharts(history: HistorySource, limitW: number | null): readonly ChartSpec[] {
  const power = history.series('power');
  return [
    {
      key: 'utilization',
      heading: t('meanUtilization'),
      unit: '%',
      series: history.series('utilization'),
      domain: [0, 100],
      limit: null,
      filled: false,
      format: count,
    },
    {
      key: 'power',
      heading: t('totalPower'),
      unit: 'W',
      series: power,
      domain: [0, powerTop(limitW, extentOf(power)?.highest ?? null)],
      limit: limitW === null ? null : { value: limitW, text: t('limits', { value: wattsText(limitW) }) },
      filled: true,
      format: count,
    },
  ];
}

/** One figure of the node, with what it is a part of. */
export interface Figure {
  readonly name: string;
  readonly value: string;
  readonly whole: string;
}

export function figuresOf(totals: Totals): readonly Figure[] {
  const { states } = totals;
  const of = (whole: string) => t('of', { whole });
  const memory = totals.memoryTotalMb
    ? { value: gib(totals.memoryUsedMb), whole: of(t('gib', { n: gib(totals.memoryTotalMb) })) }
    : { value: gib(null), whole: '' };
  const limit = totals.powerLimitW === null ? '' : of(wattsText(totals.powerLimitW));
  return [
    { name: t('gpus'), value: count(totals.gpus), whole: '' },
    { name: t('allocated'), value: count(totals.allocated), whole: of(count(totals.gpus)) },
    { name: t('free'), value: count(states.free), whole: '' },
    { name: t('out'), value: count(states.out + states.unhealthy), whole: '' },
    { name: t('utilization'), value: percent(totals.utilizationPct), whole: '' },
    { name: t('memory'), ...memory },
    { name: t('power'), value: wattsText(totals.powerW), whole: limit },
    { name: t('hottest'), value: celsius(totals.hottestC), whole: '' },
  ];
}
