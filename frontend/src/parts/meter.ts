/** Readings as small pictures beside their number; need `meterStyles`. */

import { css, html, type TemplateResult } from 'lit';
import { celsius, UNKNOWN } from '../format/format';
import { heatStep } from '../format/ramps';
import { cssVars } from './css-vars';

/** A bar of 0 to 100%; dashed where it is unknown. */
export function meter(pct: number | null): TemplateResult {
  return html`<span class="meter ${pct === null ? 'unknown' : ''}" aria-hidden="true"
    ><i ${cssVars({ '--share': `${Math.min(100, pct ?? 0).toFixed(1)}%` })}></i
  ></span>`;
}

/** A temperature with its step of the heat ramp. */
export function heat(temperatureC: number | null): TemplateResult | string {
  if (temperatureC === null) return UNKNOWN;
  const step = heatStep(temperatureC);
  return html`<span class="heat ${step === 8 ? 'hot' : ''}"
    ><i ${cssVars({ '--heat': `var(--heat-${step})` })} aria-hidden="true"></i>${celsius(temperatureC)}</span
  >`;
}

/** A part of a whole in %; null where either is unknown. */
export function share(part: number | null, whole: number | null): number | null {
  return part === null || !whole ? null : (100 * part) / whole;
}

export const meterStyles = css`
  .meter {
    display: inline-block;
    width: 72px;
    height: 8px;
    margin-right: 10px;
    border-radius: 2px;
    background: var(--inset);
    vertical-align: middle;
    overflow: hidden;
  }
  .meter i {
    display: block;
    width: var(--share);
    height: 100%;
    background: var(--use);
  }
  .meter.unknown {
    border: 1px dashed var(--line2);
    background: none;
  }
  .heat {
    display: inline-flex;
    align-items: center;
    gap: 7px;
  }
  .heat i {
    width: 8px;
    height: 8px;
    border-radius: 2px;
    background: var(--heat);
    box-shadow: inset 0 0 0 1px rgb(128 128 128 / 25%);
  }
  .heat.hot {
    font-weight: 600;
  }
`;
