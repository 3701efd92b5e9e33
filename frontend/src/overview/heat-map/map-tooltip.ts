/** What the map says about the GPU or node under the pointer, or in focus. */

import { css, html, nothing, type TemplateResult } from 'lit';
import type { Known } from '../../data/fleet';
import { STATES } from '../../data/states';
import { totalsOf } from '../../data/totals';
import {
  celsius,
  count,
  duration,
  gib,
  gpuName,
  percent,
  sentence,
  shortModel,
  UNKNOWN,
  wattsText,
} from '../../format/format';
import { STATE_GLYPHS, statusBadge } from '../../parts/badges';
import { staleClock } from '../../parts/icons';
import { stateWord } from '../../parts/states.text';
import { t } from './heat-map.text';
import { lowered } from './words';

export const tooltipStyles = css`
  .tip {
    position: absolute;
    z-index: 3;
    top: var(--y);
    left: var(--x);
    width: max-content;
    min-width: 230px;
    max-width: min(340px, 100%);
    padding: 10px 12px;
    border: 1px solid var(--line2);
    border-radius: 6px;
    background: var(--raise);
    box-shadow: var(--shadow);
    color: var(--t2);
    font: 12px/16px var(--font);
    pointer-events: none;
  }
  .tip.above {
    transform: translateY(-100%);
  }
  .tip.pinned {
    border-color: var(--t1);
    pointer-events: auto;
  }
  .tip p {
    display: flex;
    align-items: center;
    gap: 10px;
    margin: 0;
  }
  .tip p + p {
    margin-top: 6px;
  }
  .tip strong {
    color: var(--t1);
    font-size: 13px;
    font-weight: 600;
    white-space: nowrap;
  }
  .tip b {
    color: var(--t1);
    font-weight: 600;
    white-space: nowrap;
  }
  .tip .model {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: var(--t3);
  }
  .tip .badge,
  .tip .age {
    margin-left: auto;
    white-space: nowrap;
  }
  .tip .age {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    color: var(--t3);
  }
  .tip .age.old {
    color: var(--warn);
  }
  .tip .age svg {
    width: 12px;
    height: 12px;
  }
  .tip .figures {
    flex-wrap: wrap;
    row-gap: 2px;
  }
`;

/** One GPU: who it is, its state, its readings and their age, and why it is out of service. */
export function deviceTip(known: Known, at: number): TemplateResult | null {
  const { layout, frame, judged, exceptions } = known;
  const device = layout.devices[at];
  const state = judged.states[at];
  const status = frame.deviceStatuses[at];
  if (!device || !state || !status) return null;
  const reason = exceptions.byDevice.get(device.id)?.statusReason;
  const size = frame.memoryTotalMb[at] ?? device.memoryTotalMb;
  return html`
    <p>
      <strong>${gpuName(device)}</strong><span class="model">${shortModel(device.model.modelName)}</span>
      ${
        state === 'out' || state === 'unhealthy'
          ? statusBadge(status)
          : html`<span class="badge">${STATE_GLYPHS[state]}${stateWord(state)}</span>`
      }
    </p>
    <p class="figures">
      <b>${percent(frame.gpuUtilizationPct[at] ?? null)}</b>
      <b>${memory(frame.memoryUsedMb[at] ?? null, size)}</b>
      <b>${wattsText(frame.powerDrawW[at] ?? null)}</b>
      <b>${celsius(frame.temperatureC[at] ?? null)}</b>
      ${age(judged.ageMs[at] ?? null, judged.stale[at] ?? true)}
    </p>
    ${reason ? html`<p>${sentence(reason)}</p>` : nothing}
  `;
}

function memory(usedMb: number | null, sizeMb: number | null): string {
  return usedMb === null ? `${UNKNOWN} GiB` : t('memoryOf', { used: gib(usedMb), size: gib(sizeMb) });
}

function age(ageMs: number | null, stale: boolean): TemplateResult {
  if (ageMs === null) return html`<span class="age">${t('neverRead')}</span>`;
  return html`<span class="age ${stale ? 'old' : ''}">
    ${stale ? staleClock : nothing}${t('ago', { age: duration(ageMs) })}
  </span>`;
}

/** One node: how many of its GPUs are in which state, and what they do together. */
export function nodeTip(known: Known, nodeId: string): TemplateResult | null {
  const node = known.layout.nodes.find(({ id }) => id === nodeId);
  if (!node) return null;
  const positions = Array.from({ length: node.count }, (_, nth) => node.first + nth);
  const totals = totalsOf(known.layout, known.frame, known.judged, positions);
  const states = STATES.filter((state) => totals.states[state]);
  return html`
    <p>
      <strong>${node.nodeName}</strong><span class="model">${node.clusterName}</span>
      <span class="age">${t('gpus', { n: totals.gpus, count: count(totals.gpus) })}</span>
    </p>
    <p>
      ${states
        .map((state) => t('stateCount', { count: count(totals.states[state]), state: lowered(stateWord(state)) }))
        .join(' · ')}
    </p>
    <p class="figures">
      <b>${percent(totals.utilizationPct)}</b>
      <b>${memory(totals.reporting ? totals.memoryUsedMb : null, totals.memoryTotalMb || null)}</b>
      <b>${wattsText(totals.powerW)}</b>
      <b>${celsius(totals.hottestC)}</b>
      ${totals.oldestAgeMs === null ? nothing : age(totals.oldestAgeMs, totals.stale > 0)}
    </p>
  `;
}
