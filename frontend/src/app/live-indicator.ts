/** Dot, word, age: whether what the page shows is now. A click says more. */

import { css, html } from 'lit';
import type { Snapshot } from '../data/fleet';
import { PageElement } from '../parts/element';
import { cross, lock, pause, staleClock } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import { gapBars, gapStyles } from './gap-bars';
import './live-details';
import { liveDetail, liveState } from './live-state';
import { t } from './live.text';
import { dropStyles, placeBelow } from './popover';

const GLYPHS = { offline: cross, stale: staleClock, paused: pause, signedOut: lock } as const;

export class LiveIndicator extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    open: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare open: boolean;

  static override styles = [
    shared,
    dropStyles,
    gapStyles,
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
      .mark {
        display: grid;
        place-items: center;
        width: 14px;
        height: 14px;
      }
      .mark svg {
        width: 14px;
        height: 14px;
      }
      .dot {
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--okmark);
        box-shadow: 0 0 0 3px var(--okbg);
      }
      .slow .dot {
        border: 2px solid var(--warnmark);
        background: none;
        box-shadow: 0 0 0 3px var(--warnbg);
      }
      .connecting .dot {
        border: 2px solid var(--ctl);
        background: none;
        box-shadow: none;
      }
      .word {
        font-weight: 500;
      }
      .offline .mark {
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
      @media (max-width: 759px) {
        button {
          height: 44px;
          padding: 0 4px;
        }
        button > .gaps {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.open = false;
  }

  override render() {
    const { gapsMs, frame } = this.snapshot;
    const state = liveState(this.snapshot);
    return html`<button class=${state} aria-haspopup="dialog" popovertarget="details">
        <span class="mark">${state in GLYPHS ? GLYPHS[state as keyof typeof GLYPHS] : html`<i class="dot"></i>`}</span>
        <span class="word">${t(state)}</span>
        <span class="detail">${liveDetail(this.snapshot)}</span>
        ${gapBars(gapsMs, frame?.intervalMs ?? null)}
      </button>
      <div
        id="details"
        class="drop"
        popover
        role="dialog"
        aria-label=${t('details')}
        @beforetoggle=${this.#beforeToggle}
      >
        ${this.open ? html`<live-details .app=${this.app} .snapshot=${this.snapshot}></live-details>` : ''}
      </div>`;
  }

  #beforeToggle({ newState, currentTarget }: ToggleEvent): void {
    this.open = newState === 'open';
    const button = this.renderRoot.querySelector('button');
    if (button) placeBelow(button, currentTarget as HTMLElement);
  }
}

customElements.define('live-indicator', LiveIndicator);
