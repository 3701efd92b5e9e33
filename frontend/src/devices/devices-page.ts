/** Every GPU in one list: filtered, sorted, selected, live. What is asked for stands in the address. */

import { css, html, nothing, type PropertyValues } from 'lit';
import type { App, Page } from '../app/app';
import type { Route } from '../app/routes';
import { isKnown, type Snapshot } from '../data/fleet';
import { shortModel } from '../format/format';
import { csvName, download } from '../parts/csv';
import { PageElement } from '../parts/element';
import { stepOf } from '../parts/list-cursor';
import { loadingRows, noMatch } from '../parts/list-messages';
import { columnsOf, columnsText, type Sort, sortOf, sortText } from '../parts/list-query';
import '../parts/list-toolbar';
import type { ListToolbar, Refine } from '../parts/list-toolbar';
import { listMessageStyles } from '../parts/list.styles';
import { t as list } from '../parts/list.text';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import { WidthRoom } from '../parts/width';
import './bulk-bar';
import './device-actions';
import {
  DEVICE_COLUMN_IDS,
  type DeviceColumn,
  FLEET_ORDER,
  NAME_COLUMN,
  sortAfter,
  STANDARD_COLUMNS,
} from './device-columns';
import { devicesCsv } from './device-csv';
import { type DeviceFilter, filterOf, isFiltering, NO_FILTER } from './device-filter';
import './device-list';
import type { DeviceList } from './device-list';
import { DeviceOrder } from './device-order';
import './device-table';
import type { DeviceTable, SelectRow } from './device-table';
import { deviceToolbar } from './device-toolbar';
import { t } from './devices.text';
import { all, existing, extended, NOTHING, type Selection, toggled } from './selection';

export class DevicesPage extends PageElement implements Page {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    selection: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;
  declare selection: Selection;

  readonly #order = new DeviceOrder();
  readonly #room = new WidthRoom(this);
  #filter: DeviceFilter = filterOf({});
  #selectedIds: readonly string[] = [];
  #sort: Sort<DeviceColumn> = FLEET_ORDER;

  static override styles = [
    shared,
    listMessageStyles,
    css`
      :host {
        display: block;
      }
      .room {
        height: 60px;
      }
    `,
  ];

  constructor() {
    super();
    this.selection = NOTHING;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('route')) {
      this.#filter = filterOf(this.route.query);
      this.#sort = sortOf(this.route.query.sort, DEVICE_COLUMN_IDS, FLEET_ORDER);
    }
    const { snapshot } = this;
    if (!isKnown(snapshot)) return;
    this.#order.follow(snapshot, this.#filter, this.#sort);
    this.selection = existing(this.selection, (id) => snapshot.layout.at.has(id));
    if (changed.has('selection')) this.#selectedIds = [...this.selection.ids];
  }

  onKey(event: KeyboardEvent): boolean {
    const step = stepOf(event);
    if (step !== null) {
      this.#rows?.cursor.move(step);
      return true;
    }
    switch (event.key.toLowerCase()) {
      case 'f':
        this.renderRoot.querySelector<ListToolbar>('list-toolbar')?.focusFilter();
        return true;
      case 'x':
        return this.#selectCurrent();
      case 'enter':
        return this.#openCurrent(event);
      case 'c':
        return this.#table?.copyCurrent() ?? false;
      case 'escape':
        return this.#clear();
      default:
        return false;
    }
  }

  override render() {
    const { positions } = this.#order;
    const bar = deviceToolbar(this.snapshot, {
      filter: this.#filter,
      sort: this.#sort,
      columns: this.#columns,
      shown: positions.length,
      narrow: this.#room.value === 'list',
    });
    return html`<list-toolbar
        .bar=${bar}
        @refine=${({ detail }: CustomEvent<Refine>) => this.app.router.refine(detail)}
        @choose-columns=${({ detail }: CustomEvent<readonly DeviceColumn[]>) =>
          this.app.router.refine({ columns: columnsText(detail, this.#standard) })}
        @clear-filters=${() => this.app.router.refine(NO_FILTER)}
        @export-csv=${this.#export}
        @filter-leave=${() => this.#rows?.cursor.move(0)}
      ></list-toolbar>
      ${this.#content(positions)} ${this.#bulk(positions)}`;
  }

  #content(positions: readonly number[]) {
    const { totals } = this.snapshot;
    if (!totals) return loadingRows();
    if (positions.length === 0) {
      return totals.gpus ? noMatch(totals.gpus, this.#asked(), () => this.app.router.refine(NO_FILTER)) : nothing;
    }
    return this.#room.value === 'list'
      ? html`<device-list .app=${this.app} .snapshot=${this.snapshot} .positions=${positions}></device-list>`
      : html`<device-table
          .app=${this.app}
          .snapshot=${this.snapshot}
          .positions=${positions}
          .columns=${this.#columns}
          .sort=${this.#sort}
          .selected=${this.selection.ids}
          @sort-by=${({ detail }: CustomEvent<DeviceColumn>) => this.#sortBy(detail)}
          @select-row=${({ detail }: CustomEvent<SelectRow>) => this.#select(detail)}
          @select-all=${({ detail }: CustomEvent<boolean>) => {
            this.selection = all(this.selection, this.#ids(), detail);
          }}
        ></device-table>`;
  }

  #bulk(positions: readonly number[]) {
    const { ids } = this.selection;
    const { layout } = this.snapshot;
    if (ids.size === 0 || !layout) return nothing;
    const selected = [...ids].flatMap((id) => layout.at.get(id) ?? []);
    const listed = new Set(positions);
    return html`<div class="room"></div>
      <bulk-bar
        .selected=${ids.size}
        .nodes=${new Set(selected.map((at) => layout.devices[at]?.node.id)).size}
        .hiddenRows=${selected.filter((at) => !listed.has(at)).length}
        @clear-selection=${() => {
          this.selection = NOTHING;
        }}
      >
        <device-actions .app=${this.app} .snapshot=${this.snapshot} .deviceIds=${this.#selectedIds}></device-actions>
      </bulk-bar>`;
  }

  get #table(): DeviceTable | null {
    return this.renderRoot.querySelector<DeviceTable>('device-table');
  }

  get #rows(): DeviceTable | DeviceList | null {
    return this.renderRoot.querySelector<DeviceTable | DeviceList>('device-table, device-list');
  }

  get #standard(): readonly DeviceColumn[] {
    return STANDARD_COLUMNS[this.#room.value];
  }

  get #columns(): readonly DeviceColumn[] {
    const asked = columnsOf(this.route.query.columns, DEVICE_COLUMN_IDS, this.#standard);
    return DEVICE_COLUMN_IDS.filter((id) => id === NAME_COLUMN || asked.includes(id));
  }

  /** What the filters ask for, in words. */
  #asked(): string[] {
    const { text, states, models, nodes } = this.#filter;
    const parts: readonly (readonly [string, readonly string[]])[] = [
      [list('text'), text ? [text] : []],
      [t('state'), states.map((state) => stateWord(state))],
      [t('model'), models.map(shortModel)],
      [t('node'), nodes],
    ];
    return parts.flatMap(([label, values]) =>
      values.length ? [list('choice', { label, values: values.join(', ') })] : [],
    );
  }

  #sortBy(column: DeviceColumn): void {
    this.app.router.refine({ sort: sortText(sortAfter(this.#sort, column), FLEET_ORDER) });
  }

  #select({ id, range }: SelectRow): void {
    this.selection = range ? extended(this.selection, id, this.#ids()) : toggled(this.selection, id);
  }

  #selectCurrent(): boolean {
    const id = this.#table?.cursor.id ?? null;
    if (id !== null) this.#select({ id, range: false });
    return id !== null;
  }

  /** Opens the current row where its link has lost the focus; else Enter is the link's own. */
  #openCurrent(event: KeyboardEvent): boolean {
    const id = this.#rows?.cursor.id ?? null;
    if (id === null || event.target !== document.body) return false;
    this.app.router.go({ page: 'device', id, query: {} });
    return true;
  }

  /** Clears the selection, else the filters, else the current row. */
  #clear(): boolean {
    if (this.selection.ids.size) this.selection = NOTHING;
    else if (isFiltering(this.#filter)) this.app.router.refine(NO_FILTER);
    else this.#rows?.cursor.set(null);
    return true;
  }

  /** The ids of the list, in its order. */
  #ids(): string[] {
    const devices = this.snapshot.layout?.devices ?? [];
    return this.#order.positions.flatMap((at) => devices[at]?.id ?? []);
  }

  #export(): void {
    if (isKnown(this.snapshot)) {
      download(csvName('gpu-devices', new Date()), devicesCsv(this.snapshot, this.#order.positions));
    }
  }
}

customElements.define('devices-page', DevicesPage);
