/** The profiles that can be put on the GPUs of a node, with the places that each has now. */

import { css, html, nothing } from 'lit';
import { classMap } from 'lit/directives/class-map.js';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import type { Profile } from './geometry';
import type { Offer } from './planner-model';
import { t } from './planner.text';

/** A profile was taken up; with the pointer's event it may become a drag. */
export type ProfilePicked = CustomEvent<{ readonly profileName: string; readonly event: PointerEvent | null }>;

/** Keys go this far. */
const KEYS = 9;

export class PlannerPalette extends PageElement {
  static override properties = {
    offers: { attribute: false },
    carried: {},
    memorySlices: { attribute: false },
    computeSlices: { attribute: false },
  };
  declare offers: readonly Offer[];
  /** The profile that is carried; '' for none. */
  declare carried: string;
  declare memorySlices: number;
  declare computeSlices: number;

  static override styles = [
    shared,
    css`
      h2 {
        margin: 0;
        padding: 12px 16px 8px;
        font: 600 13px/18px var(--font);
      }
      ul {
        margin: 0;
        padding: 0;
        border-top: 1px solid var(--line);
        list-style: none;
      }
      li {
        border-bottom: 1px solid var(--line);
      }
      button {
        display: grid;
        grid-template-columns: auto 1fr auto;
        gap: 3px 8px;
        align-items: center;
        width: 100%;
        min-height: 44px;
        padding: 6px 16px;
        border: 0;
        background: none;
        text-align: left;
        touch-action: none;
      }
      button:hover {
        background: var(--sub);
      }
      button:focus-visible {
        outline-offset: -2px;
      }
      .carried button {
        background: var(--accbg);
        box-shadow: inset 3px 0 var(--acc);
      }
      b {
        font: 600 12.5px/17px var(--font);
      }
      .places {
        color: var(--t2);
        font: 12px/16px var(--font);
        text-align: right;
        white-space: nowrap;
      }
      .none .places {
        color: var(--t3);
      }
      .slices {
        display: grid;
        grid-column: 1 / -1;
        gap: 2px 1px;
        max-width: 120px;
      }
      .row {
        display: grid;
        grid-template-columns: repeat(var(--of), minmax(0, 1fr));
        gap: 1px;
      }
      i {
        height: 6px;
        border-radius: 1px;
        background: var(--inset);
      }
      i.taken {
        background: var(--hue);
      }
      .compute i {
        height: 3px;
      }
      p {
        margin: 0;
        padding: 10px 16px;
        color: var(--t3);
        font: 12px/17px var(--font);
      }
      @media (max-width: 1179px) {
        button {
          touch-action: pan-y; /* the page is scrolled over it; a tap takes the profile up */
        }
        ul {
          display: grid;
          grid-template-columns: repeat(auto-fill, minmax(176px, 1fr));
        }
        li {
          border-right: 1px solid var(--line);
        }
      }
    `,
  ];

  override render() {
    return html`<h2 id="profiles">${t('profiles')}</h2>
      ${
        this.offers.length
          ? html`<ul aria-labelledby="profiles">
                ${this.offers.map((offer, at) => this.#offer(offer, at))}
              </ul>
              <p>${t('paletteHint')}</p>`
          : html`<p>${t('paletteEmpty')}</p>`
      }`;
  }

  #offer({ profile, places }: Offer, at: number) {
    const { profileName, memorySlices: memory, computeSlices: compute } = profile;
    const on = profileName === this.carried;
    const name = t('profileName', { profile: profileName, memory, compute, places: t('places', { n: places }) });
    return html`<li class=${classMap({ carried: on, none: places === 0 })}>
      <button
        aria-label=${name}
        aria-pressed=${on}
        aria-keyshortcuts=${at < KEYS ? `${at + 1}` : nothing}
        @click=${() => this.#pick(profileName, null)}
        @pointerdown=${(event: PointerEvent) => this.#pick(profileName, event)}
      >
        <b>${profileName}</b>
        ${at < KEYS ? html`<span><kbd aria-hidden="true">${at + 1}</kbd></span>` : html`<span></span>`}
        <span class="places">${t('places', { n: places })}</span>
        ${this.#slices(profile, at)}
      </button>
    </li>`;
  }

  #slices({ memorySlices, computeSlices }: Profile, at: number) {
    const row = (kind: 'memory' | 'compute', taken: number, of: number) =>
      html`<span class="row ${kind}" ${cssVars({ '--of': `${of}` })}
        >${Array.from({ length: of }, (_, slice) => html`<i class=${slice < taken ? 'taken' : ''}></i>`)}</span
      >`;
    return html`<span class="slices" aria-hidden="true" ${cssVars({ '--hue': `var(--series-${1 + (at % 8)})` })}>
      ${row('memory', memorySlices, this.memorySlices)} ${row('compute', computeSlices, this.computeSlices)}
    </span>`;
  }

  #pick(profileName: string, event: PointerEvent | null): void {
    this.dispatchEvent(new CustomEvent('profile-picked', { detail: { profileName, event } }));
  }
}

customElements.define('planner-palette', PlannerPalette);
