/** Search over pages, actions, nodes and GPUs: a dialog with a field and what it finds, all by keyboard. */

import { html, nothing, type PropertyValues } from 'lit';
import { Watching } from '../base/store';
import type { Snapshot } from '../data/fleet';
import { PageElement } from '../parts/element';
import { close, search as searchIcon } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import { closeBeside, dialogStyles } from './dialog';
import { keyOf } from './key-of';
import { type Group, groupsOf, type Row } from './palette-results';
import { paletteStyles } from './palette.styles';
import { t } from './palette.text';
import { commandKey } from './shortcuts';
import { veiled } from './veil';

export class CommandPalette extends PageElement {
  static override properties = { query: { state: true }, active: { state: true }, open: { state: true } };
  declare query: string;
  /** Which row Enter acts on, counted over all groups. */
  declare active: number;
  declare open: boolean;

  readonly #app: App;
  readonly #openShortcuts: () => void;
  #groups: readonly Group[] = [];
  #rows: readonly Row[] = [];

  static override styles = [shared, dialogStyles, paletteStyles];

  constructor(app: App, openShortcuts: () => void) {
    super();
    this.query = '';
    this.active = 0;
    this.open = false;
    this.#app = app;
    this.#openShortcuts = openShortcuts;
    new Watching(this, app.feed.snapshot);
  }

  /** Opens it empty. */
  async show(): Promise<void> {
    if (this.open) return;
    this.query = '';
    this.active = 0;
    this.open = true;
    await this.updateComplete;
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  protected override shouldUpdate(changed: PropertyValues): boolean {
    return this.open || !this.hasUpdated || changed.has('open');
  }

  override willUpdate(): void {
    if (!this.open) return;
    this.#groups = groupsOf(this.#app, this.#snapshot, this.query, this.#openShortcuts);
    this.#rows = this.#groups.flatMap(({ rows }) => rows);
    this.active = Math.max(0, Math.min(this.active, this.#rows.length - 1));
  }

  override updated(changed: PropertyValues): void {
    if (changed.has('active') || changed.has('query')) {
      this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
    }
  }

  override render() {
    return html`<dialog aria-label=${t('title')} @click=${closeBeside} @close=${() => (this.open = false)}>
      ${this.open ? this.#content() : nothing}
    </dialog>`;
  }

  #content() {
    const found = this.#rows.length > 0;
    return html`<div class="field">
        ${searchIcon}
        <input
          type="text"
          role="combobox"
          aria-label=${t('title')}
          aria-expanded=${found}
          aria-controls="results"
          aria-autocomplete="list"
          aria-activedescendant=${found ? `row-${this.active}` : nothing}
          placeholder=${t('placeholder')}
          autocomplete="off"
          autocapitalize="off"
          spellcheck="false"
          autofocus
          .value=${this.query}
          @input=${this.#onInput}
          @keydown=${this.#onKey}
        />
        <button class="close" aria-label=${t('close')} @click=${this.#close}>${close}</button>
      </div>
      <div id="results" role="listbox" aria-label=${t('results')}>${this.#list()}</div>
      ${found ? nothing : this.#nothingFound()}
      <div class="hidden" aria-live="polite">${this.query ? t('counted', { n: this.#total }) : ''}</div>
      ${footer()}`;
  }

  get #snapshot(): Snapshot {
    return veiled(this.#app.feed.snapshot.value);
  }

  get #total(): number {
    return this.#groups.reduce((sum, { total }) => sum + total, 0);
  }

  #list() {
    let at = 0;
    return this.#groups.map(({ title, rows, total }, number) => {
      const first = at;
      at += rows.length;
      const more = total > rows.length ? t('ofTotal', { shown: rows.length, total }) : '';
      return html`<div role="group" aria-labelledby="group-${number}">
        <div class="head"><span id="group-${number}">${title}</span><span>${more}</span></div>
        ${rows.map((row, place) => this.#row(row, first + place))}
      </div>`;
    });
  }

  #row(row: Row, at: number) {
    const inside = html`${row.icon}<span class="title">${row.title}</span><span class="detail">${row.detail}</span>`;
    const select = () => {
      this.active = at;
    };
    const isActive = at === this.active;
    return row.href === null
      ? html`<div
          id="row-${at}"
          class="row"
          role="option"
          aria-selected=${isActive}
          @pointermove=${select}
          @click=${() => this.#act(row)}
        >
          ${inside}
        </div>`
      : html`<a
          id="row-${at}"
          class="row"
          role="option"
          tabindex="-1"
          href=${row.href}
          aria-selected=${isActive}
          @pointermove=${select}
          @click=${(event: MouseEvent) => this.#onLink(event, row)}
          >${inside}</a
        >`;
  }

  #nothingFound() {
    const { layout } = this.#snapshot;
    return html`<p class="none">
      <strong>${t('none', { query: this.query.trim() })}</strong><br />
      ${t('noneText', { nodes: layout?.nodes.length ?? 0, gpus: layout?.devices.length ?? 0 })}
    </p>`;
  }

  #onInput(event: Event): void {
    this.query = (event.target as HTMLInputElement).value;
    this.active = 0;
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    const command = event.ctrlKey || event.metaKey;
    const last = this.#rows.length - 1;
    if (event.key === 'ArrowDown') this.active = this.active >= last ? 0 : this.active + 1;
    else if (event.key === 'ArrowUp') this.active = this.active <= 0 ? Math.max(0, last) : this.active - 1;
    else if (event.key === 'PageDown') this.active = Math.min(Math.max(0, last), this.active + PAGE_ROWS);
    else if (event.key === 'PageUp') this.active = Math.max(0, this.active - PAGE_ROWS);
    else if (event.key === 'Enter') this.#enter(command);
    else if (command && keyOf(event) === 'k') this.#close();
    else return;
    event.preventDefault();
  };

  #enter(aside: boolean): void {
    const row = this.#rows[this.active];
    if (!row) return;
    if (aside && row.href !== null) {
      this.#close();
      window.open(row.href, '_blank'); // with an opener, so that the new tab gets the token of this one
    } else {
      this.#act(row);
    }
  }

  /** A plain click goes there in this tab; any other is the browser's: a new tab or window. */
  #onLink(event: MouseEvent, row: Row): void {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) {
      this.#close();
      return;
    }
    event.preventDefault();
    this.#act(row);
  }

  /** Closes first: then the focus is back where it was, and what is done may move it on. */
  #act(row: Row): void {
    this.#close();
    row.run();
  }

  #close(): void {
    this.renderRoot.querySelector('dialog')?.close();
  }
}

const PAGE_ROWS = 8;

function footer() {
  return html`<footer aria-hidden="true">
    <span><kbd>↑</kbd><kbd>↓</kbd>${t('move')}</span>
    <span><kbd>Enter</kbd>${t('open')}</span>
    <span><kbd>${commandKey(navigator.platform)}</kbd><kbd>Enter</kbd>${t('aside')}</span>
    <span><kbd>Esc</kbd>${t('close')}</span>
  </footer>`;
}

customElements.define('command-palette', CommandPalette);

let palette: CommandPalette | null = null;

/** Shows the search over the page. */
export async function openPalette(app: App, openShortcuts: () => void): Promise<void> {
  palette ??= document.body.appendChild(new CommandPalette(app, openShortcuts));
  await palette.updateComplete;
  await palette.show();
}
