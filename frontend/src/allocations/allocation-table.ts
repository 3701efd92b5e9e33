/** Allocations in a table, live. A long list draws only what is near the screen. */

import { html, nothing, type PropertyValues } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import { PageElement } from '../parts/element';
import { isForControl, ListCursor } from '../parts/list-cursor';
import { tableSpacer } from '../parts/list-messages';
import type { Sort } from '../parts/list-query';
import { meterStyles } from '../parts/meter';
import { RowFocus } from '../parts/row-focus';
import { shared } from '../parts/shared';
import { sortHead } from '../parts/sort-head';
import { tableStyles } from '../parts/table.styles';
import { VirtualRows } from '../parts/virtual-rows';
import { cellOf } from './allocation-cells';
import { type AllocationColumn, COLUMNS, NEWEST } from './allocation-columns';
import { allocationTableStyles } from './allocation-table.styles';
import { t } from './allocations.text';
import type { Row } from './rows';

const ROW_HEIGHT_PX = 29;

/** What `select-row` says: one row, or with `range` all rows up to it. */
export interface SelectRow {
  readonly id: string;
  readonly range: boolean;
}

/** Fires `sort-by` (a column), `select-row` (SelectRow), `select-all` (boolean) and `release-row` (an id). */
export class AllocationTable extends PageElement {
  static override properties = {
    app: { attribute: false },
    ids: { attribute: false },
    rowFor: { attribute: false },
    now: { attribute: false },
    columns: { attribute: false },
    sort: { attribute: false },
    selected: { attribute: false },
    releasable: { attribute: false },
  };
  declare app: App;
  /** The rows, in order. */
  declare ids: readonly string[];
  /** Made for the rows that are drawn only; null: it is gone. */
  declare rowFor: (id: string) => Row | null;
  /** Ms since the epoch. */
  declare now: number;
  declare columns: readonly AllocationColumn[];
  declare sort: Sort<AllocationColumn>;
  declare selected: ReadonlySet<string>;
  /** Whether a row can be released, by this reader and now. */
  declare releasable: (row: Row) => boolean;

  readonly #virtual = new VirtualRows(this, {
    rows: () => this.ids.length,
    rowHeight: ROW_HEIGHT_PX,
    body: () => this.renderRoot.querySelector('tbody'),
    covered: { top: 48 + ROW_HEIGHT_PX, bottom: 60 },
  });
  readonly cursor = new ListCursor(this, {
    count: () => this.ids.length,
    idAt: (row) => this.ids[row] ?? null,
    rowOf: (id) => this.ids.indexOf(id),
    reveal: (row) => this.#virtual.reveal(row),
    link: () => this.renderRoot.querySelector<HTMLElement>('tr.current a.name'),
  });

  static override styles = [shared, tableStyles, meterStyles, allocationTableStyles];

  constructor() {
    super();
    new RowFocus(this);
    this.ids = [];
    this.rowFor = () => null;
    this.now = 0;
    this.columns = [];
    this.sort = NEWEST;
    this.selected = new Set();
    this.releasable = () => false;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const { id } = this.cursor;
    if (id !== null && !this.ids.includes(id)) this.cursor.id = null;
  }

  override render() {
    const { first, end } = this.#virtual.drawn;
    const width = this.columns.length + 2;
    return html`<table aria-rowcount=${this.ids.length + 1}>
      <caption class="hidden">
        ${t('caption')}
      </caption>
      <thead>
        <tr>
          ${this.#checkHead()}
          ${COLUMNS.filter(({ id }) => this.columns.includes(id)).map((column) =>
            sortHead({ ...column, label: t(column.id) }, this.sort, (id) => this.#fire('sort-by', id)),
          )}
          <th class="act" scope="col"><span class="hidden">${t('release')}</span></th>
        </tr>
      </thead>
      <tbody @focusin=${this.#onFocus} @click=${this.#onClick}>
        ${tableSpacer(first * ROW_HEIGHT_PX, width)}
        ${repeat(
          this.ids.slice(first, end),
          (id) => id,
          (id, at) => this.#row(id, first + at),
        )}
        ${tableSpacer((this.ids.length - end) * ROW_HEIGHT_PX, width)}
      </tbody>
    </table>`;
  }

  #checkHead() {
    const chosen = this.ids.filter((id) => this.selected.has(id)).length;
    return html`<th class="check" scope="col">
      <label>
        <input
          type="checkbox"
          aria-label=${t('selectAll')}
          .checked=${live(chosen > 0 && chosen === this.ids.length)}
          .indeterminate=${chosen > 0 && chosen < this.ids.length}
          @change=${(event: Event) => this.#fire('select-all', (event.target as HTMLInputElement).checked)}
        />
      </label>
    </th>`;
  }

  #row(id: string, at: number) {
    const row = this.rowFor(id);
    if (!row) return nothing;
    const selected = this.selected.has(id);
    const current = id === this.cursor.id;
    const tabindex = this.cursor.isStop(id, at) ? 0 : -1;
    const href = this.app.router.href({ page: 'allocation', id, query: {} });
    const context = { now: this.now, href, tabindex } as const;
    return html`<tr
      class="${current ? 'current' : ''} ${selected ? 'selected' : ''}"
      aria-rowindex=${at + 2}
      data-id=${id}
    >
      <td class="check">
        <label>
          <input
            type="checkbox"
            tabindex=${tabindex}
            aria-label=${t('selectRow', { name: row.name })}
            .checked=${live(selected)}
            @click=${(event: MouseEvent) => this.#fire('select-row', { id, range: event.shiftKey } satisfies SelectRow)}
          />
        </label>
      </td>
      ${this.columns.map((column) => cellOf(column, row, context))}
      <td class="act">
        ${
          this.releasable(row)
            ? html`<button
                tabindex=${tabindex}
                aria-label=${`${t('release')}: ${row.name}`}
                @click=${() => this.#fire('release-row', id)}
              >
                ${t('release')}
              </button>`
            : nothing
        }
      </td>
    </tr>`;
  }

  #onFocus(event: FocusEvent): void {
    this.cursor.set(idOf(event) ?? this.cursor.id);
  }

  #onClick(event: MouseEvent): void {
    const id = idOf(event);
    if (id === null || isForControl(event)) return;
    this.app.router.go({ page: 'allocation', id, query: {} });
  }

  #fire(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function idOf(event: Event): string | null {
  const row = event.target instanceof Element ? event.target.closest('tr[data-id]') : null;
  return row?.getAttribute('data-id') ?? null;
}

customElements.define('allocation-table', AllocationTable);
