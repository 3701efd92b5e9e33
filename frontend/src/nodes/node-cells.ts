/** What stands in the cells of a node's row. */

import { html, type TemplateResult } from 'lit';
import type { Known } from '../data/fleet';
import type { Totals } from '../data/totals';
import { count, duration, gib, percent, shortModel, UNKNOWN, wattsText } from '../format/format';
import { statusBadge } from '../parts/badges';
import { meter, share } from '../parts/meter';
import { stateWord } from '../parts/states.text';
import { gpuStrip } from './gpu-strip';
import type { NodeColumn } from './node-columns';
import { outOf } from './node-order';
import { type NodeEntry, nodeTotals, reportAgeMs, statusOf } from './node-rows';
import { t } from './nodes.text';

/** What the cells of a row are made of. */
export interface NodeRow {
  readonly entry: NodeEntry;
  readonly totals: Totals;
  readonly known: Known;
  readonly href: string;
  /** Where Tab stops: the link of one row only. */
  readonly tabindex: 0 | -1;
}

export function nodeRow(known: Known, entry: NodeEntry, href: string, tabindex: 0 | -1): NodeRow {
  return { entry, totals: nodeTotals(known, entry), known, href, tabindex };
}

const CELLS: Readonly<Record<NodeColumn, (row: NodeRow) => TemplateResult>> = {
  node: ({ entry, href, tabindex }) =>
    html`<td class="node" title=${entry.nodeName}>
      <a class="name" href=${href} tabindex=${tabindex}>${entry.nodeName}</a>
    </td>`,
  cluster: ({ entry }) => html`<td class="cluster second">${entry.clusterName}</td>`,
  status: ({ entry }) => html`<td class="status second">${statusWord(entry)}</td>`,
  models: ({ entry }) => html`<td class="models second" title=${entry.models.join(', ')}>${modelsText(entry)}</td>`,
  gpus: ({ totals }) => html`<td class="gpus right">${count(totals.gpus)}</td>`,
  strip: ({ entry, known }) => html`<td class="strip-cell">${gpuStrip(known, entry)}</td>`,
  allocated: ({ totals }) => html`<td class="allocated right">${count(totals.allocated)}</td>`,
  free: ({ totals }) => html`<td class="free right">${count(totals.states.free)}</td>`,
  out: ({ totals }) => html`<td class="out right">${outText(totals)}</td>`,
  utilization: ({ totals }) =>
    html`<td class="utilization reading">${meter(totals.utilizationPct)}<span class="number">${percent(totals.utilizationPct)}</span></td>`,
  memory: ({ totals }) =>
    html`<td class="memory reading">
      ${meter(share(totals.memoryUsedMb, totals.memoryTotalMb))}<span class="number">${memoryText(totals)}</span>
    </td>`,
  power: ({ totals }) => html`<td class="power reading right">${wattsText(totals.powerW)}</td>`,
  driver: ({ entry }) => html`<td class="driver second">${entry.identity?.nvidiaDriverVersion ?? UNKNOWN}</td>`,
  ip: ({ entry }) => html`<td class="ip second">${entry.identity?.nodeIp ?? UNKNOWN}</td>`,
  source: ({ entry }) =>
    html`<td class="source second">${entry.identity ? t(entry.identity.collectionSource) : UNKNOWN}</td>`,
  report: ({ known, entry }) => html`<td class="report right second">${reportText(known, entry)}</td>`,
};

/** The cell of a column. */
export function cellOf(column: NodeColumn, row: NodeRow): TemplateResult {
  return CELLS[column](row);
}

/** A badge where the node is not well, else a plain word. */
export function statusWord(entry: NodeEntry): TemplateResult | string {
  const status = statusOf(entry);
  if (status === null) return UNKNOWN;
  return status === 'OFFLINE' ? statusBadge(status) : stateWord(status);
}

export function modelsText({ models }: NodeEntry): string {
  return models.length ? models.map(shortModel).join(', ') : UNKNOWN;
}

/** 31.8 of 640.0 GiB has no room in a table: how full it is. */
function memoryText({ memoryUsedMb, memoryTotalMb }: Totals): TemplateResult | string {
  const full = share(memoryUsedMb, memoryTotalMb);
  if (full === null) return UNKNOWN;
  return html`<span title=${`${gib(memoryUsedMb)} / ${gib(memoryTotalMb)} GiB`}>${percent(full)}</span>`;
}

function outText({ states }: Totals): TemplateResult | string {
  const out = outOf(states);
  if (out === 0) return html`<span class="dim">0</span>`;
  const words = t('unhealthyOut', { unhealthy: states.unhealthy, out: states.out });
  return html`<b class=${states.unhealthy ? 'unwell' : ''} title=${words}>${count(out)}</b>`;
}

function reportText(known: Known, entry: NodeEntry): string {
  const age = reportAgeMs(known, entry);
  return age === null ? UNKNOWN : t('ago', { age: duration(age) });
}
