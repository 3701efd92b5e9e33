/** What the map says in words: of a group, and of a cell to those who do not see it. */

import type { Known } from '../../data/fleet';
import type { Metric } from '../../data/history';
import type { Totals } from '../../data/totals';
import { celsius, count, duration, gpuName, percent, UNKNOWN, wattsText } from '../../format/format';
import { stateWord } from '../../parts/states.text';
import type { Group } from './groups';
import { t } from './heat-map.text';
import { memoryPct } from './palette';

/** 64 nodes · 512 GPUs · 93% allocated · 29 free · 78% mean utilisation; only the middle of it where it is narrow. */
export function groupWords(group: Group, totals: Totals, known: Known, metric: Metric, narrow: boolean): string {
  const { gpus, nodes, allocated, states } = totals;
  const size = [t('nodes', { n: nodes, count: count(nodes) }), t('gpus', { n: gpus, count: count(gpus) })];
  const use = [t('allocated', { share: shareOf(allocated, gpus) }), t('free', { count: count(states.free) })];
  return (narrow ? use : [...size, ...use, ...measured(group, totals, known, metric)]).join(' · ');
}

function measured(group: Group, totals: Totals, known: Known, metric: Metric): string[] {
  switch (metric) {
    case 'utilization':
      return totals.utilizationPct === null ? [] : [t('meanUtilisation', { share: percent(totals.utilizationPct) })];
    case 'memory':
      if (!totals.memoryTotalMb) return [];
      return [t('memoryUsed', { share: shareOf(totals.memoryUsedMb, totals.memoryTotalMb) })];
    case 'power':
      if (totals.powerW === null) return [];
      if (!totals.powerLimitW) return [wattsText(totals.powerW)];
      return [t('powerOf', { value: wattsText(totals.powerW), share: shareOf(totals.powerW, totals.powerLimitW) })];
    case 'temperature':
      return temperatures(group, totals, known);
  }
}

function temperatures(group: Group, { hottestC }: Totals, { layout, frame, judged }: Known): string[] {
  let sum = 0;
  let known = 0;
  let hottest: string | null = null;
  for (const at of group.cells) {
    const value = frame.temperatureC[at] ?? null;
    const device = layout.devices[at];
    if (value === null || judged.stale[at] || !device) continue;
    sum += value;
    known += 1;
    if (hottest === null && value === hottestC) hottest = gpuName(device);
  }
  if (hottest === null) return [];
  return [
    t('meanTemperature', { value: celsius(sum / known) }),
    t('hottestAt', { value: celsius(hottestC), name: hottest }),
  ];
}

function shareOf(part: number, whole: number): string {
  return whole ? percent((100 * part) / whole) : UNKNOWN;
}

/** h100-07 GPU 3, in use, 53 percent, live */
export function cellWords({ layout, frame, judged }: Known, at: number, metric: Metric): string {
  const device = layout.devices[at];
  const state = judged.states[at];
  if (!device || !state) return '';
  return t('cell', {
    node: device.node.nodeName,
    index: device.deviceIndex,
    state: lowered(stateWord(state)),
    value: valueWords(layout, frame, at, metric),
    age: ageWords(judged, at),
  });
}

function valueWords(layout: Known['layout'], frame: Known['frame'], at: number, metric: Metric): string {
  const value = {
    utilization: frame.gpuUtilizationPct[at],
    memory: memoryPct(layout, frame, at),
    temperature: frame.temperatureC[at],
    power: frame.powerDrawW[at],
  }[metric];
  return typeof value === 'number' ? t(`${metric}Said`, { n: Math.round(value) }) : t('noValue');
}

function ageWords({ ageMs, stale }: Known['judged'], at: number): string {
  const age = ageMs[at] ?? null;
  if (age === null) return t('neverRead');
  return stale[at] ? t('oldReading', { age: duration(age) }) : t('live');
}

/** A word of a state in the middle of a sentence. */
export function lowered(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1);
}
