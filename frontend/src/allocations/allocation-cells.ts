/** What stands in the cells of an allocation's row. */

import { html, nothing, type TemplateResult } from 'lit';
import { type Allocation, isEnded } from '../data/allocations';
import { duration, percent, shortModel, UNKNOWN } from '../format/format';
import { check, clockGlyph, cross, held, staleClock } from '../parts/icons';
import { meter } from '../parts/meter';
import type { AllocationColumn } from './allocation-columns';
import { t } from './allocations.text';
import { type Row, SOON_MS } from './rows';

/** What the cells of a row need beside the row. */
export interface CellContext {
  readonly now: number;
  readonly href: string;
  /** Where Tab stops: the links and buttons of one row only. */
  readonly tabindex: 0 | -1;
}

const CELLS: Readonly<Record<AllocationColumn, (row: Row, context: CellContext) => TemplateResult>> = {
  workload: ({ allocation, name }, { href, tabindex }) =>
    html`<td class="workload">
      <a class="name" href=${href} tabindex=${tabindex}>${name}</a>
      <span class="dim">${secondName(allocation, name)}</span>
    </td>`,
  owner: ({ allocation: { userId, teamId } }) =>
    html`<td class="owner" title=${`${userId}, ${teamId}`}>${userId} <span class="dim">${teamId}</span></td>`,
  resource: ({ allocation, modelName }) =>
    html`<td class="resource" title=${allocation.allocatedResource ?? ''}>${resourceText(allocation, modelName)}</td>`,
  where: ({ where }) => html`<td class="where" title=${where}>${where || UNKNOWN}</td>`,
  gpus: ({ allocation }) => html`<td class="gpus right">${gpusText(allocation)}</td>`,
  utilization: (row) =>
    html`<td class="utilization" title=${isPart(row.allocation) ? t('noLoad') : nothing}>
      ${
        row.utilizationPct === null
          ? html`<span class="dim">${UNKNOWN}</span>`
          : html`${meter(row.utilizationPct)}<span class="number ${row.isIdle ? 'idle' : ''}">${percent(row.utilizationPct)}</span>`
      }
    </td>`,
  idle: (row) =>
    html`<td class="idle right" title=${row.idleMs !== null && row.idleAtLeast ? t('idleHint') : nothing}>${idleText(row)}</td>`,
  since: ({ since }, { now }) => html`<td class="since right">${duration(Math.max(0, now - since))}</td>`,
  ends: (row) => html`<td class="ends right">${endsText(row)}</td>`,
  cost: () => html`<td class="cost right dim" title=${t('noPrices')}>${UNKNOWN}</td>`,
  status: (row) => html`<td class="status">${statusOf(row)}</td>`,
};

export function cellOf(column: AllocationColumn, row: Row, context: CellContext): TemplateResult {
  return CELLS[column](row, context);
}

/** The namespace beside a pod, else what runs there. */
export function secondName({ namespace, podName, workloadType }: Allocation, name: string): string {
  return podName !== null && namespace !== null && namespace !== name ? namespace : t(`w.${workloadType}`);
}

/** 8 × H100 80GB HBM3; 3g.40gb; what was asked for where nothing is held */
export function resourceText(allocation: Allocation, modelName: string | null): string {
  const { resources, resourceType } = allocation;
  const [first] = resources;
  if (!first) return t('asks', { what: askedText(allocation) });
  if (first.shareMilli !== null) return t('share', { share: first.shareMilli / 10 });
  const whole = modelName === null ? t(`type.${resourceType}`) : shortModel(modelName);
  return times(resources.length, first.profileName ?? whole);
}

/** 8 × H100 80GB HBM3, whatever came of it */
export function askedText({ gpuCount, profileName, resourceType, modelNames }: Allocation): string {
  const models = modelNames.map(shortModel).join(', ');
  return times(gpuCount, profileName ?? (models || t(`type.${resourceType}`)));
}

function times(n: number, what: string): string {
  return n === 1 ? what : `${n} × ${what}`;
}

/** 8; 0.43 of a part; of one that waits what it asks for */
export function gpusText({ gpuEquivalents, gpuCount, resources }: Allocation): string {
  return String(resources.length ? Math.round(gpuEquivalents * 100) / 100 : gpuCount);
}

function isPart({ resourceType }: Allocation): boolean {
  return resourceType !== 'FULL';
}

export function idleText({ idleMs, idleAtLeast }: Row): string {
  if (idleMs === null) return UNKNOWN;
  return idleAtLeast ? t('idleAtLeast', { age: duration(idleMs) }) : duration(idleMs);
}

export function endsText({ allocation, endsInMs }: Row): string {
  if (isEnded(allocation)) return UNKNOWN;
  if (endsInMs === null) return t('noEnd');
  return endsInMs <= 0 ? t('due') : duration(endsInMs);
}

/** What is not as usual as a badge; active is plain text. */
export function statusOf(row: Row): TemplateResult | string {
  const { allocation, isIdle, idleMs, endsInMs, queuePosition } = row;
  const { status } = allocation;
  if (isEnded(allocation)) {
    const bad = status !== 'RELEASED' && status !== 'EXPIRED';
    return html`<span class="badge ${bad ? 'crit' : ''}">${bad ? cross : check}${t(status)}</span>`;
  }
  if (status === 'QUEUED') {
    const words = queuePosition === null ? t('QUEUED') : t('queued', { n: queuePosition });
    return html`<span class="badge acc">${clockGlyph}${words}</span>`;
  }
  if (status !== 'ACTIVE') return html`<span class="badge acc">${staleClock}${t(status)}</span>`;
  if (endsInMs !== null && endsInMs <= SOON_MS) return html`<span class="badge">${clockGlyph}${t('endsSoon')}</span>`;
  if (isIdle) return html`<span class="badge warn">${held}${t('idleFor', { age: duration(idleMs) })}</span>`;
  return t(status);
}
