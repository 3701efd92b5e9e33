/** Dot, word, age: whether what the page shows is now. */

import { css, html, LitElement, nothing } from 'lit';
import type { Feed, Snapshot } from '../data/fleet';
import { slowAfterMs } from '../data/totals';
import { duration } from '../format/format';
import { cssVars } from './css-vars';
import { cross, lock, pause, staleClock } from './icons';
import { shared } from './shared';

const WORDS: Readonly<Record<Feed, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  slow: 'Slow',
  stale: 'Stale',
  offline: 'Offline',
  paused: 'Paused',
};

/** What stands after the word: an age, a countdown, a time. */
export function detailOf(snapshot: Snapshot): string {
  const { feed, link, retryAt, now, totals } = snapshot;
  if (feed === 'offline') {
    if (link === 'refused') return '';
    if (retryAt === null || retryAt <= now) return 'reconnecting';
    return `retry in ${Math.ceil((retryAt - now) / 1000)} s`;
  }
  if (feed === 'paused') return `at ${snapshot.pausedAt?.toLocaleTimeString('en-GB') ?? ''}`;
  if (feed === 'connecting' || totals === null) return '';
  return totals.newestAgeMs === null ? '' : duration(totals.newestAgeMs);
}

export class LiveIndicator extends LitElement {
  static override properties = { snapshot: { attribute: false } };
  declare snapshot: Snapshot;

  static override styles = [
    shared,
    css`
      button {
        display: flex;
        align-items: center;
        gap: 7px;
        height: 32px;
        padding: 0 8px;
        border: 0;
        border-radius: 5px;
        background: none;
        white-space: nowrap;
      }
      button:hover {
        background: var(--sub);
      }
      .dot {
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--ctl);
      }
      .live .dot {
        background: var(--okmark);
        box-shadow: 0 0 0 3px var(--okbg);
      }
      .slow .dot {
        border: 2px solid var(--warnmark);
        background: none;
        box-shadow: 0 0 0 3px var(--warnbg);
      }
      .connecting .dot {
        background: none;
        border: 2px solid var(--ctl);
      }
      .glyph {
        width: 14px;
        height: 14px;
      }
      .glyph svg {
        width: 14px;
        height: 14px;
      }
      .word {
        font-weight: 500;
      }
      .offline {
        color: var(--critmark);
      }
      .offline .word {
        color: var(--crit);
      }
      .detail {
        min-width: 2.6em;
        color: var(--t2);
        text-align: left;
      }
      .gaps {
        display: flex;
        align-items: flex-end;
        gap: 1px;
        height: 12px;
      }
      .gaps i {
        width: 3px;
        height: calc(var(--share) * 12px);
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
      @media (max-width: 759px) {
        .gaps {
          display: none;
        }
        button {
          height: 44px;
        }
      }
    `,
  ];

  override render() {
    const { feed } = this.snapshot;
    const hint = feed === 'paused' ? 'Paused. Go on (P)' : 'Age of the newest reading. Hold the picture still (P)';
    return html`<button class=${this.snapshot.link === 'refused' ? 'refused' : feed} title=${hint} aria-pressed=${feed === 'paused'} @click=${this.#onClick}>
      ${this.#glyph(feed)}
      <span class="word">${this.snapshot.link === 'refused' ? 'Signed out' : WORDS[feed]}</span>
      <span class="detail">${detailOf(this.snapshot)}</span>
      ${feed === 'offline' || feed === 'connecting' ? nothing : this.#gaps()}
    </button>`;
  }

  #glyph(feed: Feed) {
    if (this.snapshot.link === 'refused') return html`<span class="glyph">${lock}</span>`;
    if (feed === 'offline') return html`<span class="glyph">${cross}</span>`;
    if (feed === 'stale') return html`<span class="glyph">${staleClock}</span>`;
    if (feed === 'paused') return html`<span class="glyph">${pause}</span>`;
    return html`<span class="dot"></span>`;
  }

  /** The last arrivals; a tall bar came late. */
  #gaps() {
    const { gapsMs, frame } = this.snapshot;
    const late = slowAfterMs(frame?.intervalMs ?? 1000) / 2;
    const bars = Array.from({ length: 12 }, (_, at) => gapsMs[gapsMs.length - 12 + at] ?? null);
    return html`<span class="gaps" aria-hidden="true"
      >${bars.map((gap) =>
        gap === null
          ? html`<i class="none"></i>`
          : html`<i
              class=${gap > late ? 'late' : ''}
              ${cssVars({ '--share': Math.min(1, (0.55 * gap) / (frame?.intervalMs ?? 1000)).toFixed(2) })}
            ></i>`,
      )}</span
    >`;
  }

  #onClick(): void {
    this.dispatchEvent(new CustomEvent('toggle-pause', { bubbles: true, composed: true }));
  }
}

customElements.define('live-indicator', LiveIndicator);
