/** Nodes in a table, live. A long list draws only what is near the screen. */

import { html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import { isKnown, type Known, type Snapshot } from '../data/fleet';
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
import { gpuStripStyles } from './gpu-strip';
import { cellOf, nodeRow } from './node-cells';
import { FLEET_ORDER, NODE_COLUMNS, type NodeColumn } from './node-columns';
import { type NodeEntry, statusOf } from './node-rows';
import { nodeTableStyles } from './node-table.styles';
import { t } from './nodes.text';

const ROW_HEIGHT_PX = 29;

/** Fires `sort-by` (a column). */
export class NodeTable extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    nodes: { attribute: false },
    columns: { attribute: false },
    sort: { attribute: false },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare nodes: readonly NodeEntry[];
  declare columns: readonly NodeColumn[];
  declare sort: Sort<NodeColumn>;

  readonly #virtual = new VirtualRows(this, {
    rows: () => this.nodes.length,
    rowHeight: ROW_HEIGHT_PX,
    body: () => this.renderRoot.querySelector('tbody'),
    covered: { top: 48 + ROW_HEIGHT_PX, bottom: 12 },
  });
  readonly cursor = new ListCursor(this, {
    count: () => this.nodes.length,
    idAt: (row) => this.nodes[row]?.id ?? null,
    rowOf: (id) => this.nodes.findIndex((node) => node.id === id),
    reveal: (row) => this.#virtual.reveal(row),
    link: () => this.renderRoot.querySelector<HTMLElement>('tr.current a.name'),
  });

  static override styles = [shared, tableStyles, meterStyles, gpuStripStyles, nodeTableStyles];

  constructor() {
    super();
    new RowFocus(this);
    this.nodes = [];
    this.columns = [];
    this.sort = FLEET_ORDER;
  }

  override render() {
    const { snapshot } = this;
    if (!isKnown(snapshot)) return '';
    const { first, end } = this.#virtual.drawn;
    return html`<table aria-rowcount=${this.nodes.length + 1}>
      <caption class="hidden">
        ${t('caption')}
      </caption>
      <thead>
        <tr>
          ${NODE_COLUMNS.filter(({ id }) => this.columns.includes(id)).map((column) =>
            sortHead({ ...column, label: t(column.id) }, this.sort, (detail) =>
              this.dispatchEvent(new CustomEvent('sort-by', { detail })),
            ),
          )}
        </tr>
      </thead>
      <tbody @focusin=${this.#onFocus} @click=${this.#onClick}>
        ${tableSpacer(first * ROW_HEIGHT_PX, this.columns.length)}
        ${repeat(
          this.nodes.slice(first, end),
          (_, at) => first + at, // in place: an order by a reading changes every few seconds
          (entry, at) => this.#row(snapshot, entry, first + at),
        )}
        ${tableSpacer((this.nodes.length - end) * ROW_HEIGHT_PX, this.columns.length)}
      </tbody>
    </table>`;
  }

  #row(known: Known, entry: NodeEntry, at: number) {
    const { id } = entry;
    const href = this.app.router.href({ page: 'node', id, query: {} });
    const row = nodeRow(known, entry, href, this.cursor.isStop(id, at) ? 0 : -1);
    const faded = statusOf(entry) === 'OFFLINE' || (row.totals.gpus > 0 && row.totals.reporting === 0);
    return html`<tr
      class="${id === this.cursor.id ? 'current' : ''} ${faded ? 'faded' : ''}"
      aria-rowindex=${at + 2}
      data-id=${id}
    >
      ${this.columns.map((column) => cellOf(column, row))}
    </tr>`;
  }

  #onFocus(event: FocusEvent): void {
    this.cursor.set(idOf(event) ?? this.cursor.id);
  }

  #onClick(event: MouseEvent): void {
    const id = idOf(event);
    if (id === null || isForControl(event)) return;
    this.app.router.go({ page: 'node', id, query: {} });
  }
}

function idOf(event: Event): string | null {
  const row = event.target instanceof Element ? event.target.closest('tr[data-id]') : null;
  return row?.getAttribute('data-id') ?? null;
}

customElements.define('node-table', NodeTable);
