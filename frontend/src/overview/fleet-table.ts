/** The map's data as a table: the same GPUs, in words and numbers. */

import { html } from 'lit';
import type { App } from '../app/app';
import { isKnown, type Snapshot } from '../data/fleet';
import type { DeviceState } from '../data/states';
import { type DeviceColumn, FLEET_ORDER, sortAfter } from '../devices/device-columns';
import { filterOf } from '../devices/device-filter';
import '../devices/device-list';
import { DeviceOrder } from '../devices/device-order';
import '../devices/device-table';
import type { SelectRow } from '../devices/device-table';
import { PageElement } from '../parts/element';
import { loadingRows, noMatch } from '../parts/list-messages';
import type { Sort } from '../parts/list-query';
import { listMessageStyles } from '../parts/list.styles';
import { NARROW, shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import type { Selection } from './heat-map/selection';
import { queryOf } from './view';

const COLUMNS = ['node', 'gpu', 'model', 'utilization', 'memory', 'temperature', 'power', 'status'] as const;

/** Fires `selection-change` as the map does. */
export class FleetTable extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    stateFilter: { attribute: false },
    selection: { attribute: false },
    sort: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare stateFilter: DeviceState | '';
  declare selection: Selection;
  declare sort: Sort<DeviceColumn>;

  readonly #order = new DeviceOrder();
  readonly #narrow = matchMedia(NARROW);

  static override styles = [shared, listMessageStyles];

  constructor() {
    super();
    this.sort = FLEET_ORDER;
  }

  override render() {
    const { app, snapshot, stateFilter } = this;
    if (!isKnown(snapshot)) return loadingRows();
    this.#order.follow(snapshot, { ...filterOf({}), states: stateFilter ? [stateFilter] : [] }, this.sort);
    const { positions } = this.#order;
    if (positions.length === 0 && stateFilter) {
      return noMatch(snapshot.totals.gpus, [stateWord(stateFilter)], () => app.router.refine(queryOf({ state: '' })));
    }
    if (this.#narrow.matches) {
      return html`<device-list .app=${app} .snapshot=${snapshot} .positions=${positions}></device-list>`;
    }
    return html`<device-table
      .app=${app}
      .snapshot=${snapshot}
      .positions=${positions}
      .columns=${COLUMNS}
      .sort=${this.sort}
      .selected=${this.selection}
      @sort-by=${({ detail }: CustomEvent<DeviceColumn>) => {
        this.sort = sortAfter(this.sort, detail);
      }}
      @select-row=${({ detail }: CustomEvent<SelectRow>) => this.#toggle(detail.id)}
      @select-all=${({ detail }: CustomEvent<boolean>) =>
        this.#tell(detail ? new Set(positions.flatMap((at) => snapshot.layout.devices[at]?.id ?? [])) : new Set())}
    ></device-table>`;
  }

  #toggle(id: string): void {
    const next = new Set(this.selection);
    if (!next.delete(id)) next.add(id);
    this.#tell(next);
  }

  #tell(selection: Selection): void {
    this.dispatchEvent(new CustomEvent('selection-change', { detail: { selection } }));
  }
}

customElements.define('fleet-table', FleetTable);
