/** The lines over a list: how many, what is filtered, which columns, in which order. */

import { css, html, nothing } from 'lit';
import './choice-menu';
import type { Choice } from './choice-menu';
import { PageElement } from './element';
import './filter-field';
import { valuesText } from './list-query';
import { toolbarStyles } from './list.styles';
import { t } from './list.text';
import { shared } from './shared';

/** A filter by values, and the parameter of the address it stands in. */
export interface FilterMenu {
  readonly parameter: string;
  readonly label: string;
  readonly choices: readonly Choice[];
  readonly chosen: readonly string[];
}

/** All that a toolbar shows. */
export interface Toolbar {
  readonly heading: string;
  /** How many there are, or match. */
  readonly summary: string;
  readonly text: string;
  /** What the text filter looks through. */
  readonly hint: string;
  readonly menus: readonly FilterMenu[];
  readonly filtering: boolean;
  readonly columns: readonly Choice[];
  readonly columnsChosen: readonly string[];
  /** Every order a phone offers, by its value in the address; `sort` is the one in force. */
  readonly sorts: readonly Choice[];
  readonly sort: string;
  readonly sortLabel: string;
  /** Keys that act on the list, with what they do. */
  readonly keys: readonly (readonly [readonly string[], string])[];
  /** Whether it is a phone's. */
  readonly narrow: boolean;
  /** Whether there is anything to export. */
  readonly exportable: boolean;
}

/** Parameters of the address with their new values. */
export type Refine = Readonly<Record<string, string>>;

/**
 * Fires `refine` (Refine), `choose-columns` (their ids), `clear-filters`, `export-csv`, and `filter-leave` where the
 * reader goes on from the filter to the list. Between the heading and the filters stands what is in the slot `views`.
 */
export class ListToolbar extends PageElement {
  static override properties = { bar: { attribute: false } };
  declare bar: Toolbar;

  static override styles = [
    shared,
    toolbarStyles,
    css`
      :host {
        display: block;
      }
    `,
  ];

  focusFilter(): void {
    this.renderRoot.querySelector<HTMLElement>('filter-field')?.focus();
  }

  override render() {
    const { bar } = this;
    return html`<div class="heading">
        <h1>${bar.heading}</h1>
        <span class="count" role="status">${bar.summary}</span>
        ${bar.narrow ? nothing : this.#tools()}
      </div>
      <slot name="views"></slot>
      <div class="filters">
        <filter-field
          .text=${bar.text}
          .hint=${bar.hint}
          @filter-text=${({ detail }: CustomEvent<string>) => this.#fire('refine', { q: detail } satisfies Refine)}
          @filter-leave=${() => this.#fire('filter-leave')}
        ></filter-field>
        ${bar.menus.map((menu) => this.#menu(menu))}
        ${bar.filtering ? html`<button class="link" @click=${() => this.#fire('clear-filters')}>${t('clearFilters')}</button>` : nothing}
        <span class="end">${bar.narrow ? this.#sortChoice() : bar.sortLabel}</span>
      </div>`;
  }

  #tools() {
    const { keys, columns, columnsChosen, exportable } = this.bar;
    return html`<div class="end">
      <span class="keys" aria-hidden="true"
        >${keys.map(([names, action]) => html`${names.map((name) => html`<kbd>${name}</kbd>`)} <span>${action}</span>`)}</span
      >
      <choice-menu
        .label=${t('columns')}
        .filters=${false}
        .choices=${columns}
        .chosen=${columnsChosen}
        @choose=${({ detail }: CustomEvent<readonly string[]>) => this.#fire('choose-columns', detail)}
      ></choice-menu>
      <button class="button" ?disabled=${!exportable} @click=${() => this.#fire('export-csv')}>${t('exportCsv')}</button>
    </div>`;
  }

  #menu({ parameter, label, choices, chosen }: FilterMenu) {
    return html`<choice-menu
      .label=${label}
      .choices=${choices}
      .chosen=${chosen}
      @choose=${({ detail }: CustomEvent<readonly string[]>) => this.#fire('refine', { [parameter]: valuesText(detail) } satisfies Refine)}
    ></choice-menu>`;
  }

  #sortChoice() {
    const { sorts, sort } = this.bar;
    return html`<select
      aria-label=${t('sortBy')}
      @change=${(event: Event) => this.#fire('refine', { sort: (event.target as HTMLSelectElement).value } satisfies Refine)}
    >
      ${sorts.map(({ value, label }) => html`<option value=${value} ?selected=${value === sort}>${label}</option>`)}
    </select>`;
  }

  #fire(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

customElements.define('list-toolbar', ListToolbar);
