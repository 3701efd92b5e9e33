/** GPUs in a table, live. A long list draws only what is near the screen. */

import { html, type PropertyValues } from 'lit';
import { live } from 'lit/directives/live.js';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import { type Snapshot, isKnown, type Known } from '../data/fleet';
import { gpuName } from '../format/format';
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
import { cellOf } from './device-cells';
import { DEVICE_COLUMNS, type DeviceColumn, FLEET_ORDER } from './device-columns';
import { deviceTableStyles } from './device-table.styles';
import { t } from './devices.text';
import { type Row, rowAt } from './rows';

const ROW_HEIGHT_PX = 29;

/** How long a copied UUID has its tick. */
const COPIED_MS = 1500;

/** What `select-row` says: one row, or with `range` all rows up to it. */
export interface SelectRow {
  readonly id: string;
  readonly range: boolean;
}

/** Fires `sort-by` (a column), `select-row` (SelectRow) and `select-all` (boolean). */
export class DeviceTable extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    positions: { attribute: false },
    columns: { attribute: false },
    sort: { attribute: false },
    selected: { attribute: false },
    copiedId: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  /** The rows: positions in the layout. */
  declare positions: readonly number[];
  declare columns: readonly DeviceColumn[];
  declare sort: Sort<DeviceColumn>;
  declare selected: ReadonlySet<string>;
  declare copiedId: string | null;

  readonly #virtual = new VirtualRows(this, {
    rows: () => this.positions.length,
    rowHeight: ROW_HEIGHT_PX,
    body: () => this.renderRoot.querySelector('tbody'),
    covered: { top: 48 + ROW_HEIGHT_PX, bottom: 60 },
  });
  readonly cursor = new ListCursor(this, {
    count: () => this.positions.length,
    idAt: (row) => this.#idAt(row),
    rowOf: (id) => this.positions.indexOf(this.snapshot.layout?.at.get(id) ?? -1),
    reveal: (row) => this.#virtual.reveal(row),
    link: () => this.renderRoot.querySelector<HTMLElement>('tr.current a.name'),
  });

  static override styles = [shared, tableStyles, meterStyles, deviceTableStyles];

  constructor() {
    super();
    new RowFocus(this);
    this.positions = [];
    this.columns = [];
    this.sort = FLEET_ORDER;
    this.selected = new Set();
    this.copiedId = null;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const { id } = this.cursor;
    if (id !== null && this.snapshot.layout?.at.has(id) === false) this.cursor.id = null;
  }

  /** Copies the UUID of the current row. */
  copyCurrent(): boolean {
    const at = this.cursor.id === null ? undefined : this.snapshot.layout?.at.get(this.cursor.id);
    const device = at === undefined ? undefined : this.snapshot.layout?.devices[at];
    if (device) void this.#copy(device.id, device.gpuUuid);
    return device !== undefined;
  }

  override render() {
    if (!isKnown(this.snapshot)) return '';
    const { first, end } = this.#virtual.drawn;
    const last = this.columns.length + 1;
    return html`<table aria-rowcount=${this.positions.length + 1}>
      <caption class="hidden">
        ${t('caption')}
      </caption>
      <thead>
        <tr>
          ${this.#checkHead()}
          ${DEVICE_COLUMNS.filter(({ id }) => this.columns.includes(id)).map((column) =>
            sortHead({ ...column, label: t(column.id) }, this.sort, (id) => this.#fire('sort-by', id)),
          )}
        </tr>
      </thead>
      <tbody @focusin=${this.#onFocus} @click=${this.#onClick}>
        ${tableSpacer(first * ROW_HEIGHT_PX, last)}
        ${repeat(
          this.#drawn(this.snapshot, first, end),
          (_, at) => first + at, // in place: an order by a reading changes every few seconds
          (row, at) => this.#row(row, first + at),
        )}
        ${tableSpacer((this.positions.length - end) * ROW_HEIGHT_PX, last)}
      </tbody>
    </table>`;
  }

  #drawn(known: Known, first: number, end: number): Row[] {
    return this.positions.slice(first, end).flatMap((at) => rowAt(known, at) ?? []);
  }

  #checkHead() {
    const { at } = this.snapshot.layout ?? {};
    const chosen = this.positions.length && this.selected.size ? this.#chosenOf(at) : 0;
    return html`<th class="check" scope="col">
      <label>
        <input
          type="checkbox"
          aria-label=${t('selectAll')}
          .checked=${live(chosen > 0 && chosen === this.positions.length)}
          .indeterminate=${chosen > 0 && chosen < this.positions.length}
          @change=${(event: Event) => this.#fire('select-all', (event.target as HTMLInputElement).checked)}
        />
      </label>
    </th>`;
  }

  /** How many rows of this list are selected. */
  #chosenOf(at: ReadonlyMap<string, number> | undefined): number {
    const selected = new Set([...this.selected].map((id) => at?.get(id)));
    return this.positions.filter((position) => selected.has(position)).length;
  }

  #row(row: Row, at: number) {
    const { device } = row;
    const { id } = device;
    const selected = this.selected.has(id);
    const before = this.snapshot.layout?.devices[this.positions[at - 1] ?? -1];
    const inFleetOrder = this.sort.column === FLEET_ORDER.column;
    const again = inFleetOrder && before?.node.id === device.node.id;
    const { near } = this.#virtual;
    const tabindex = this.cursor.isStop(id, at) ? 0 : -1;
    const context = {
      history: this.snapshot.history,
      near: at >= near.first && at < near.end,
      again,
      deviceHref: this.app.router.href({ page: 'device', id, query: {} }),
      nodeHref: this.app.router.href({ page: 'node', id: device.node.id, query: {} }),
      tabindex,
      nodeShown: this.columns.includes('node'),
      copied: this.copiedId === id,
      onCopy: () => this.#copy(id, device.gpuUuid),
    } as const;
    const current = id === this.cursor.id;
    const starts = inFleetOrder && !again && at > 0;
    return html`<tr
      class="${current ? 'current' : ''} ${selected ? 'selected' : ''} ${row.stale ? 'faded' : ''} ${starts ? 'starts' : ''}"
      aria-rowindex=${at + 2}
      data-id=${id}
    >
      <td class="check">
        <label>
          <input
            type="checkbox"
            tabindex=${tabindex}
            aria-label=${t('selectRow', { name: gpuName(device) })}
            .checked=${live(selected)}
            @click=${(event: MouseEvent) => this.#fire('select-row', { id, range: event.shiftKey } satisfies SelectRow)}
          />
        </label>
      </td>
      ${this.columns.map((column) => cellOf(column, row, context))}
    </tr>`;
  }

  #onFocus(event: FocusEvent): void {
    this.cursor.set(idOf(event) ?? this.cursor.id);
  }

  #onClick(event: MouseEvent): void {
    const id = idOf(event);
    if (id === null || isForControl(event)) return;
    this.app.router.go({ page: 'device', id, query: {} });
  }

  async #copy(id: string, uuid: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(uuid);
    } catch {
      return; // the browser allows it on secure addresses only
    }
    this.copiedId = id;
    this.app.said.value = t('copied');
    setTimeout(() => {
      this.copiedId = null;
      this.app.said.value = '';
    }, COPIED_MS);
  }

  #idAt(row: number): string | null {
    return this.snapshot.layout?.devices[this.positions[row] ?? -1]?.id ?? null;
  }

  #fire(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function idOf(event: Event): string | null {
  const row = event.target instanceof Element ? event.target.closest('tr[data-id]') : null;
  return row?.getAttribute('data-id') ?? null;
}

customElements.define('device-table', DeviceTable);
