/** What lies behind the word: how often readings come, how old they are, where they come from. */

import { css, html, nothing } from 'lit';
import type { Snapshot } from '../data/fleet';
import { clock, duration, UNKNOWN } from '../format/format';
import { PageElement } from '../parts/element';
import { pause, play } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import { gapBars, gapStyles } from './gap-bars';
import { t } from './live.text';

export class LiveDetails extends PageElement {
  static override properties = { app: { attribute: false }, snapshot: { attribute: false } };
  declare app: App;
  declare snapshot: Snapshot;

  static override styles = [
    shared,
    gapStyles,
    css`
      :host {
        display: block;
        width: 304px;
        max-width: 100%;
        padding: 12px 16px 16px;
      }
      .gaps {
        --height: 32px;
        gap: 3px;
        margin: 10px 0 12px;
      }
      .gaps i {
        flex: 1;
      }
      h2 {
        margin: 0;
        font: 600 13px/18px var(--font);
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        margin: 0 0 12px;
        font: 12px/16px var(--font);
      }
      dt,
      dd {
        margin: 0;
        padding: 5px 0;
        border-top: 1px solid var(--line);
      }
      dt {
        padding-right: 12px;
        color: var(--t3);
      }
      dd {
        color: var(--t1);
        text-align: right;
      }
      p {
        margin: 0 0 12px;
        color: var(--t2);
        font: 12px/16px var(--font);
      }
      .button svg {
        width: 12px;
        height: 12px;
      }
      @media (max-width: 759px) {
        .button {
          width: 100%;
          height: 44px;
          justify-content: center;
        }
      }
    `,
  ];

  override render() {
    const { feed, frame, gapsMs, totals } = this.snapshot;
    const held = feed === 'paused';
    const sources = frame?.collectionSources ?? [];
    return html`<h2>${t('details')}</h2>
      ${gapBars(gapsMs, frame?.intervalMs ?? null)}
      <dl>
        <dt>${t('frames')}</dt>
        <dd>${rateText(gapsMs)}</dd>
        <dt>${t('interval')}</dt>
        <dd>${frame ? t('every', { time: duration(frame.intervalMs) }) : UNKNOWN}</dd>
        <dt>${t('arrived')}</dt>
        <dd>${this.#arrived()}</dd>
        <dt>${t('newest')}</dt>
        <dd>${ageText(totals?.newestAgeMs ?? null)}</dd>
        <dt>${t('oldest')}</dt>
        <dd>${ageText(totals?.oldestAgeMs ?? null)}</dd>
        <dt>${t('source')}</dt>
        <dd>${sources.length ? sources.map((source) => t(source)).join(', ') : UNKNOWN}</dd>
      </dl>
      ${sources.includes('SIMULATED') ? html`<p>${t('madeUp')}</p>` : nothing}
      ${held ? html`<p>${t('heldText')}</p>` : nothing}
      <button class="button" ?disabled=${frame === null} @click=${() => this.app.feed.togglePause()}>
        ${held ? play : pause}${t(held ? 'goOn' : 'hold')} <kbd aria-hidden="true">P</kbd>
      </button>`;
  }

  #arrived(): string {
    const { frame, sinceMs } = this.snapshot;
    if (!frame) return UNKNOWN;
    return t('ago', { time: clock(new Date(Date.now() - sinceMs)), age: duration(sinceMs) });
  }
}

function ageText(ms: number | null): string {
  return ms === null ? UNKNOWN : t('age', { age: duration(ms) });
}

/** 1.0/s, longest gap 1.2 s */
export function rateText(gapsMs: readonly number[]): string {
  if (!gapsMs.length) return UNKNOWN;
  const mean = gapsMs.reduce((sum, gap) => sum + gap, 0) / gapsMs.length;
  const rate = (1000 / mean).toFixed(1);
  return `${t('rate', { rate })}, ${t('gap', { time: duration(Math.max(...gapsMs)) })}`;
}

customElements.define('live-details', LiveDetails);
