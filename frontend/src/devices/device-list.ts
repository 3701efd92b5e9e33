/** GPUs on a phone: two lines each, the whole row leads to the device. */

import { css, html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import { isKnown, type Snapshot } from '../data/fleet';
import { percent } from '../format/format';
import { PageElement } from '../parts/element';
import { ListCursor } from '../parts/list-cursor';
import { listSpacer } from '../parts/list-messages';
import { phoneListStyles } from '../parts/list.styles';
import { meter, meterStyles } from '../parts/meter';
import { shared } from '../parts/shared';
import { VirtualRows } from '../parts/virtual-rows';
import { exceptionOf, secondLine } from './device-cells';
import { type Row, rowAt } from './rows';

const ROW_HEIGHT_PX = 60;

export class DeviceList extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    positions: { attribute: false },
  };
  declare app: App;
  declare snapshot: Snapshot;
  /** The rows: positions in the layout. */
  declare positions: readonly number[];

  readonly #virtual = new VirtualRows(this, {
    rows: () => this.positions.length,
    rowHeight: ROW_HEIGHT_PX,
    body: () => this.renderRoot.querySelector('.list'),
    covered: { top: 52, bottom: 62 },
  });
  readonly cursor = new ListCursor(this, {
    count: () => this.positions.length,
    idAt: (row) => this.snapshot.layout?.devices[this.positions[row] ?? -1]?.id ?? null,
    rowOf: (id) => this.positions.indexOf(this.snapshot.layout?.at.get(id) ?? -1),
    reveal: (row) => this.#virtual.reveal(row),
    link: () => this.renderRoot.querySelector<HTMLElement>('.current a'),
  });

  static override styles = [
    shared,
    phoneListStyles,
    meterStyles,
    css`
      :host {
        display: block;
      }
    `,
  ];

  constructor() {
    super();
    this.positions = [];
  }

  override render() {
    const { snapshot } = this;
    if (!isKnown(snapshot)) return '';
    const { first, end } = this.#virtual.drawn;
    const rows = this.positions.slice(first, end).flatMap((at) => rowAt(snapshot, at) ?? []);
    return html`<ul class="list">
      ${listSpacer(first * ROW_HEIGHT_PX)}
      ${repeat(
        rows,
        ({ device }) => device.id,
        (row) => this.#row(row),
      )}
      ${listSpacer((this.positions.length - end) * ROW_HEIGHT_PX)}
    </ul>`;
  }

  #row(row: Row) {
    const { device } = row;
    const current = device.id === this.cursor.id;
    return html`<li class="item ${row.stale ? 'faded' : ''} ${current ? 'current' : ''}">
      <a href=${this.app.router.href({ page: 'device', id: device.id, query: {} })} @focus=${() => this.cursor.set(device.id)}>
        <span class="line">
          <span class="name"><b>${device.node.nodeName}</b> · GPU ${device.deviceIndex}</span>
          ${exceptionOf(row) ?? html`${meter(row.utilizationPct)}<b class="number">${percent(row.utilizationPct)}</b>`}
        </span>
        <span class="line second">${secondLine(row)}</span>
      </a>
    </li>`;
  }
}

customElements.define('device-list', DeviceList);
