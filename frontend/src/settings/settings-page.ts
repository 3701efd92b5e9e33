/** How the page looks and acts for this reader, what their browser keeps of it, and what it is connected to. */

import { html, nothing } from 'lit';
import type { App } from '../app/app';
import { choiceStyles, languageChoice, themeChoice } from '../app/choices';
import { t as live } from '../app/live.text';
import { change, preferences, reset } from '../app/preferences';
import type { Route } from '../app/routes';
import { shortcutLists, shortcutStyles } from '../app/shortcuts';
import { Watching } from '../base/store';
import type { Snapshot } from '../data/fleet';
import { duration, UNKNOWN } from '../format/format';
import { version } from '../../package.json';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { forgetKept, keptNames, PREFERENCES } from './kept';
import { settingsStyles } from './settings-page.styles';
import { t } from './settings.text';

export class SettingsPage extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;

  static override styles = [shared, choiceStyles, shortcutStyles, settingsStyles];

  constructor() {
    super();
    new Watching(this, preferences);
  }

  override render() {
    return html`<h1>${t('title')}</h1>
      <div class="columns">
        <div>${this.#display()} ${this.#kept()} ${this.#server()}</div>
        <section>
          <h2>${t('keys')}</h2>
          ${shortcutLists()}
        </section>
      </div>`;
  }

  #display() {
    const { singleKeys } = preferences.value;
    return html`<section class="choices">
      <h2>${t('display')}</h2>
      ${themeChoice()} ${languageChoice()}
      <fieldset>
        <legend>${t('singleKeys')}</legend>
        <div>
          <label class="switch">
            <input
              type="checkbox"
              .checked=${singleKeys}
              aria-label=${t('singleKeys')}
              aria-describedby="single-keys"
              @change=${(event: Event) => change({ singleKeys: (event.target as HTMLInputElement).checked })}
            />${t('on')}
          </label>
          <p id="single-keys">${t('singleKeysHint')}</p>
        </div>
      </fieldset>
    </section>`;
  }

  #kept() {
    const names = keptNames();
    const others = names.filter((name) => name !== PREFERENCES);
    const { hasToken } = this.snapshot.link;
    return html`<section>
      <h2>${t('kept')}</h2>
      <p>${t('keptHint')}</p>
      <dl>
        ${names.includes(PREFERENCES) ? fact(t('choices'), t('untilCleared')) : nothing}
        ${others.length ? fact(t('other', { names: others.join(', ') }), t('untilCleared')) : nothing}
        ${hasToken ? fact(t('token'), t('untilTabClosed')) : nothing}
      </dl>
      ${names.length || hasToken ? nothing : html`<p>${t('nothingKept')}</p>`}
      <button class="button" ?disabled=${!names.length} @click=${this.#reset}>${t('reset')}</button>
    </section>`;
  }

  #server() {
    const { link, clusters, totals, frame, layout, viewer } = this.snapshot;
    const sources = frame?.collectionSources ?? [];
    return html`<section>
      <h2>${t('server')}</h2>
      <dl>
        ${fact(t('address'), location.host)} ${fact(t('api'), new URL('/graphql', location.href).href)}
        ${fact(t('connection'), t(link.phase))}
        ${fact(t('clusters'), viewer && clusters.length ? clusters.join(', ') : UNKNOWN)}
        ${fact(t('size'), totals ? t('sizeOf', { nodes: totals.nodes, gpus: totals.gpus }) : UNKNOWN)}
        ${fact(t('interval'), frame ? duration(frame.intervalMs) : UNKNOWN)}
        ${fact(t('sources'), sources.length ? sources.map((source) => live(source)).join(', ') : UNKNOWN)}
        ${fact(t('layout'), layout?.version ?? UNKNOWN)} ${fact(t('retention'), t('retentionText'))}
        ${fact(t('page'), version)}
      </dl>
    </section>`;
  }

  #reset(): void {
    forgetKept();
    reset();
    this.app.toasts.add({ kind: 'ok', text: t('wasReset'), action: null });
    this.requestUpdate();
  }
}

function fact(name: string, value: string) {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

customElements.define('settings-page', SettingsPage);
