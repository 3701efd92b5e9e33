/** Who looks, with which rights and for how long; how the page looks; the way out. */

import { css, html, nothing } from 'lit';
import { Watching } from '../base/store';
import type { Snapshot } from '../data/fleet';
import type { Viewer } from '../data/types';
import { duration, moment } from '../format/format';
import { PageElement } from '../parts/element';
import { user } from '../parts/icons';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import type { App } from './app';
import { choiceStyles, languageChoice, themeChoice } from './choices';
import { initials } from './initials';
import { dropStyles, placeBelow } from './popover';
import { preferences } from './preferences';
import { t } from './user.text';

/** The time that a token has left, in words. */
export function expiryText(expiresAt: string | null, now: Date): string {
  if (expiresAt === null) return t('endless');
  const end = new Date(expiresAt);
  const left = end.getTime() - now.getTime();
  return left <= 0 ? t('expired') : t('expires', { when: moment(end, now), left: duration(left) });
}

export class UserMenu extends PageElement {
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
    choiceStyles,
    css`
      .who {
        display: grid;
        place-items: center;
        width: 30px;
        height: 30px;
        padding: 0;
        border: 0;
        border-radius: 50%;
        background: var(--inset);
        color: var(--t1);
        font: 600 11px/15px var(--font);
      }
      .who:hover {
        background: var(--line2);
      }
      .drop {
        width: 304px;
      }
      section {
        padding: 12px 16px;
        border-top: 1px solid var(--line);
      }
      section:first-child {
        border-top: 0;
      }
      strong {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      p {
        margin: 4px 0 0;
        color: var(--t2);
        font: 12px/16px var(--font);
      }
      dl {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 4px 12px;
        margin: 6px 0 0;
        font: 12px/16px var(--font);
      }
      dt {
        color: var(--t3);
      }
      dd {
        margin: 0;
        text-align: right;
        overflow-wrap: anywhere;
      }
      legend {
        margin-bottom: 4px;
        color: var(--t3);
        font: 12px/16px var(--font);
      }
      fieldset + fieldset {
        margin-top: 12px;
      }
      .last {
        display: flex;
        align-items: center;
        justify-content: space-between;
      }
      a {
        color: var(--acc);
      }
      @media (max-width: 759px) {
        .who {
          width: 44px;
          height: 44px;
          background: none;
        }
        .face {
          display: grid;
          place-items: center;
          width: 30px;
          height: 30px;
          border-radius: 50%;
          background: var(--inset);
        }
        .last a,
        .last .button {
          display: flex;
          align-items: center;
          height: 44px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.open = false;
    new Watching(this, preferences);
  }

  override render() {
    const { viewer } = this.snapshot;
    const name = viewer ? t('who', { subject: viewer.subject, role: stateWord(viewer.role) }) : t('nobody');
    return html`<button
        class="who"
        title=${name}
        aria-haspopup="dialog"
        popovertarget="menu"
      >
        <span class="face">${viewer ? initials(viewer.subject) : user}</span>
        <span class="hidden">${t('menu')}: ${name}</span>
      </button>
      <div id="menu" class="drop" popover role="dialog" aria-label=${t('menu')} @beforetoggle=${this.#beforeToggle}>
        ${this.open ? this.#menu(viewer) : nothing}
      </div>`;
  }

  #menu(viewer: Viewer | null) {
    return html`<section>${viewer ? this.#viewer(viewer) : this.#nobody()}</section>
      <section>${themeChoice()}${languageChoice()}</section>
      <section class="last">
        <a href=${this.app.router.href({ page: 'settings', query: {} })} @click=${this.#close}>${t('settings')}</a>
        ${
          this.snapshot.link.hasToken
            ? html`<button class="button" @click=${this.#signOut}>${t('signOut')}</button>`
            : nothing
        }
      </section>`;
  }

  #nobody() {
    return html`<strong>${this.snapshot.link.phase === 'refused' ? t('nobody') : t('unknown')}</strong>`;
  }

  #viewer(viewer: Viewer) {
    const { hasToken } = this.snapshot.link;
    return html`<strong>${viewer.subject}</strong>
      <dl>
        <dt>${t('role')}</dt>
        <dd>${stateWord(viewer.role)}</dd>
        <dt>${t('team')}</dt>
        <dd>${viewer.team ?? t('noTeam')}</dd>
        <dt>${t('sees')}</dt>
        <dd>${viewer.clusters ? viewer.clusters.join(', ') : t('allClusters')}</dd>
        ${
          hasToken
            ? html`<dt>${t('token')}</dt>
                <dd>${expiryText(viewer.expiresAt, new Date())}</dd>`
            : nothing
        }
      </dl>
      ${hasToken ? nothing : html`<p>${t('openServer')}</p>`}`;
  }

  #beforeToggle({ newState, currentTarget }: ToggleEvent): void {
    this.open = newState === 'open';
    const button = this.renderRoot.querySelector('button');
    if (button) placeBelow(button, currentTarget as HTMLElement);
  }

  #close(): void {
    this.renderRoot.querySelector<HTMLElement>('#menu')?.hidePopover();
  }

  #signOut(): void {
    this.#close();
    this.app.link.useToken(null);
  }
}

customElements.define('user-menu', UserMenu);
