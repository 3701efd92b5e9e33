/** The bar over every page: where we look, search, how fresh the data is, who looks. */

import { css, html, nothing } from 'lit';
import { Watching } from '../base/store';
import type { Snapshot } from '../data/fleet';
import { clock, zone } from '../format/format';
import { LANGUAGE_NAMES, type Locale } from '../i18n/locale';
import { PageElement } from '../parts/element';
import { chevron, cluster, flask, globe, logo, moon, search, sun } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import './live-indicator';
import { change, isDark, preferences } from './preferences';
import { t } from './shell.text';
import './user-menu';

const SHORT_NAMES: Readonly<Record<Locale, string>> = { en: 'EN', ko: LANGUAGE_NAMES.ko };

export class TopBar extends PageElement {
  static override properties = { app: { attribute: false }, snapshot: { attribute: false } };
  declare app: App;
  declare snapshot: Snapshot;

  static override styles = [
    shared,
    css`
      header {
        position: fixed;
        z-index: 4;
        top: 0;
        right: 0;
        left: 0;
        display: flex;
        align-items: center;
        gap: 12px;
        height: 48px;
        padding: 0 16px 0 0;
        border-bottom: 1px solid var(--line);
        background: var(--bg);
      }
      .logo {
        display: flex;
        align-items: center;
        justify-content: center;
        width: 64px;
        height: 48px;
        border-right: 1px solid var(--line);
        background: var(--sub);
        color: var(--t1);
      }
      .where {
        position: relative;
        display: flex;
        align-items: center;
        gap: 7px;
        min-width: 0;
        white-space: nowrap;
      }
      .where strong {
        overflow: hidden;
        max-width: 220px;
        font-weight: 600;
        text-overflow: ellipsis;
      }
      .where .nodes {
        min-width: 4.5em;
        color: var(--t2);
      }
      .where svg ~ svg {
        width: 12px;
        height: 12px;
      }
      .where select {
        position: absolute;
        inset: -6px;
        width: calc(100% + 12px);
        appearance: none;
        opacity: 0;
        cursor: pointer;
      }
      .where:has(:focus-visible) {
        outline: 2px solid var(--acc);
        outline-offset: 4px;
        border-radius: 2px;
      }
      .search {
        display: flex;
        align-items: center;
        gap: 8px;
        width: 372px;
        height: 30px;
        margin-left: 12px;
        padding: 0 6px 0 10px;
        border: 1px solid var(--ctl);
        border-radius: 5px;
        background: var(--bg);
        color: var(--t3);
        text-align: left;
      }
      .search span {
        flex: 1;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .right {
        display: flex;
        align-items: center;
        gap: 10px;
        margin-left: auto;
      }
      .clock {
        color: var(--t2);
        white-space: nowrap;
      }
      .icon {
        display: flex;
        align-items: center;
        gap: 6px;
        height: 30px;
        padding: 0 7px;
        border: 0;
        border-radius: 5px;
        background: none;
        color: var(--t2);
      }
      .icon:hover {
        background: var(--sub);
        color: var(--t1);
      }
      .rule {
        width: 1px;
        height: 24px;
        background: var(--line);
      }
      @media (max-width: 1179px) {
        .search {
          flex: 0 1 372px;
          width: auto;
          min-width: 40px;
        }
        .clock {
          display: none;
        }
      }
      @media (max-width: 899px) {
        .search {
          flex: none;
          order: 2;
          width: 32px;
          margin: 0;
          padding: 0 8px;
          border: 0;
        }
        .search span,
        .search kbd,
        .rule {
          display: none;
        }
        .right {
          display: contents;
        }
        live-indicator {
          margin-left: auto;
        }
        .theme,
        .language,
        user-menu {
          order: 3;
        }
      }
      @media (max-width: 759px) {
        header {
          gap: 2px;
          height: 52px;
          padding: 0 8px 0 16px;
        }
        .logo,
        .nodes,
        .language,
        .theme,
        .where > svg:first-of-type {
          display: none;
        }
        .where {
          height: 44px;
        }
        .badge {
          margin-left: 6px;
        }
        .search {
          justify-content: center;
          width: 44px;
          height: 44px;
        }
      }
      @media (max-width: 479px) {
        .badge {
          padding: 0 3px;
        }
        .badge span {
          position: absolute;
          width: 1px;
          height: 1px;
          overflow: hidden;
          clip-path: inset(50%);
        }
      }
    `,
  ];

  constructor() {
    super();
    new Watching(this, isDark);
  }

  override render() {
    const now = new Date();
    return html`<header>
      <slot name="skip"></slot>
      <a
        class="logo"
        href=${this.app.router.href({ page: 'overview', query: {} })}
        title=${t('product')}
        aria-label=${t('product')}
        >${logo}</a
      >
      ${this.#where()} ${this.#simulated()}
      <button class="search" aria-label=${t('search')} @click=${() => this.#ask('open-palette')}>
        ${search}<span>${t('search')}</span><kbd aria-hidden="true">/</kbd>
      </button>
      <div class="right">
        <live-indicator .app=${this.app} .snapshot=${this.snapshot}></live-indicator>
        <span class="clock">${clock(now)} ${zone(now)}</span>
        <span class="rule"></span>
        ${themeButton()} ${languageButton()}
        <user-menu .app=${this.app} .snapshot=${this.snapshot}></user-menu>
      </div>
    </header>`;
  }

  /** Which cluster is looked at; a choice where there are several, or where the address names one that is not there. */
  #where() {
    const { clusters, cluster: chosen, totals } = this.snapshot;
    const offered = chosen === null || clusters.includes(chosen) ? clusters : [...clusters, chosen];
    const name = chosen ?? (clusters.length > 1 ? t('allClusters') : (clusters[0] ?? t('product')));
    const nodes = totals?.nodes ? t('nodeCount', { n: totals.nodes }) : nothing;
    return html`<label class="where">
      ${cluster}<strong title=${name}>${name}</strong><span class="nodes">${nodes}</span>
      ${offered.length > 1 || chosen !== null ? this.#choice(offered, chosen) : nothing}
    </label>`;
  }

  #choice(clusters: readonly string[], chosen: string | null) {
    return html`${chevron}<select
        aria-label=${t('cluster')}
        @change=${(event: Event) =>
          this.app.router.refine({ cluster: (event.target as HTMLSelectElement).value }, true)}
      >
        <option value="" .selected=${chosen === null}>${t('allClusters')}</option>
        ${clusters.map((each) => html`<option value=${each} .selected=${each === chosen}>${each}</option>`)}
      </select>`;
  }

  #simulated() {
    const sources = this.snapshot.frame?.collectionSources ?? [];
    if (!sources.includes('SIMULATED')) return nothing;
    const hint = t(sources.length > 1 ? 'partlySimulatedHint' : 'simulatedHint');
    return html`<span class="badge acc" title=${hint}>${flask}<span>${t('simulated')}</span></span>`;
  }

  #ask(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }
}

function themeButton() {
  const other = isDark.value ? 'light' : 'dark';
  const label = t(other === 'light' ? 'toLight' : 'toDark');
  return html`<button class="icon theme" title=${label} aria-label=${label} @click=${() => change({ theme: other })}>
    ${other === 'light' ? sun : moon}
  </button>`;
}

/** Shows the language in force; says the other one, in its own words. */
function languageButton() {
  const { locale } = preferences.value;
  const other = locale === 'en' ? 'ko' : 'en';
  return html`<button class="icon language" title=${LANGUAGE_NAMES[other]} @click=${() => change({ locale: other })}>
    ${globe}<span>${SHORT_NAMES[locale]}</span><span class="hidden" lang=${other}>→ ${LANGUAGE_NAMES[other]}</span>
  </button>`;
}

customElements.define('top-bar', TopBar);
