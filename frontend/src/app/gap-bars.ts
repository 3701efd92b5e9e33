/** The last arrivals as small bars; a tall one came late. */

import { css, html, type TemplateResult } from 'lit';
import { slowAfterMs } from '../data/states';
import { cssVars } from '../parts/css-vars';

const BARS = 12;

/** How tall a bar is that came in time. */
const IN_TIME_SHARE = 0.55;

const EXPECTED_MS = 1000;

export const gapStyles = css`
  .gaps {
    display: flex;
    align-items: flex-end;
    gap: 1px;
    height: var(--height, 12px);
  }
  .gaps i {
    width: 3px;
    height: calc(var(--share) * 100%);
    min-height: 2px;
    background: var(--okmark);
    opacity: 0.75;
  }
  .gaps i.late {
    background: var(--idle);
    opacity: 1;
  }
  .gaps i.none {
    height: 2px;
    background: var(--line2);
  }
`;

/** Always as many bars: what has not come yet is flat. */
export function gapBars(gapsMs: readonly number[], intervalMs: number | null): TemplateResult {
  const interval = intervalMs ?? EXPECTED_MS;
  const late = slowAfterMs(interval) / 2;
  const bars = Array.from({ length: BARS }, (_, at) => gapsMs[gapsMs.length - BARS + at] ?? null);
  return html`<span class="gaps" aria-hidden="true"
    >${bars.map((gap) =>
      gap === null
        ? html`<i class="none"></i>`
        : html`<i
            class=${gap > late ? 'late' : ''}
            ${cssVars({ '--share': Math.min(1, (IN_TIME_SHARE * gap) / interval).toFixed(2) })}
          ></i>`,
    )}</span
  >`;
}
