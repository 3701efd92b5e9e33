/** A node's GPUs as a strip of small cells, by state and load; needs `gpuStripStyles`. */

import { css, html, type TemplateResult } from 'lit';
import type { Known } from '../data/fleet';
import { type DeviceState, STATES } from '../data/states';
import type { LayoutNode } from '../data/types';
import { loadStep } from '../format/ramps';
import { stateWord } from '../parts/states.text';
import { t } from './nodes.text';

/** Up to this many cells have their full width; more than `CELLS_MAX` would not fit. */
const ROOMY_MAX = 8;
const CELLS_MAX = 16;

export function gpuStrip({ layout, frame, judged }: Known, { first, count }: LayoutNode): TemplateResult {
  const cells: { state: DeviceState; load: number }[] = [];
  for (let at = first; at < Math.min(first + count, layout.devices.length); at++) {
    const state = judged.states[at];
    if (state) cells.push({ state, load: loadStep(frame.gpuUtilizationPct[at] ?? 0) });
  }
  if (cells.length === 0) return html`<span class="dim">${t('noGpus')}</span>`;
  const words = STATES.flatMap((state) => {
    const n = cells.filter((cell) => cell.state === state).length;
    return n ? [t('stateCount', { n, state: stateWord(state) })] : [];
  }).join(', ');
  return html`<span class="gpu-strip ${cells.length > ROOMY_MAX ? 'dense' : ''}" role="img" aria-label=${words} title=${words}
    >${cells.slice(0, CELLS_MAX).map(({ state, load }) => html`<i class=${state === 'use' ? `use l${load}` : state}></i>`)}</span
  >`;
}

export const gpuStripStyles = css`
  .gpu-strip {
    display: inline-flex;
    gap: 2px;
    vertical-align: middle;
  }
  .gpu-strip i {
    position: relative;
    width: 12px;
    height: 12px;
    border: 1px solid transparent;
    border-radius: 2px;
  }
  .gpu-strip.dense {
    gap: 1px;
  }
  .gpu-strip.dense i {
    width: 6px;
  }
  .gpu-strip .l1 {
    background: var(--load-1);
  }
  .gpu-strip .l2 {
    background: var(--load-2);
  }
  .gpu-strip .l3 {
    background: var(--load-3);
  }
  .gpu-strip .l4 {
    background: var(--load-4);
  }
  .gpu-strip .l5 {
    background: var(--load-5);
  }
  .gpu-strip .l6 {
    background: var(--load-6);
  }
  .gpu-strip .l7 {
    background: var(--load-7);
  }
  .gpu-strip .l8 {
    background: var(--load-8);
  }
  .gpu-strip .free {
    border-color: var(--cellline);
  }
  .gpu-strip .held {
    border-color: var(--idle);
    background: radial-gradient(circle closest-side, var(--idle) 60%, transparent 72%);
  }
  .gpu-strip .nodata {
    border: 1px dashed var(--ctl);
  }
  .gpu-strip .out {
    border-color: var(--cellline);
    background: repeating-linear-gradient(135deg, var(--cellhatch) 0 1px, transparent 1px 3px);
  }
  .gpu-strip .unhealthy {
    border: 2px solid var(--critmark);
    background:
      linear-gradient(45deg, transparent 43%, var(--critmark) 43% 57%, transparent 57%),
      linear-gradient(135deg, transparent 43%, var(--critmark) 43% 57%, transparent 57%), var(--critbg);
  }
`;
