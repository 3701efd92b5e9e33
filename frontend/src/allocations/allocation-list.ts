/** Allocations on a phone: two lines each, the whole row leads to the allocation. */

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import { duration, percent } from '../format/format';
import { PageElement } from '../parts/element';
import { ListCursor } from '../parts/list-cursor';
import { listSpacer } from '../parts/list-messages';
import { phoneListStyles } from '../parts/list.styles';
import { meter, meterStyles } from '../parts/meter';
import { shared } from '../parts/shared';
import { VirtualRows } from '../parts/virtual-rows';
import { resourceText, statusOf } from './allocation-cells';
import type { Row } from './rows';

const ROW_HEIGHT_PX = 60;

export class AllocationList extends PageElement {
  static override properties = {
    app: { attribute: false },
    ids: { attribute: false },
    rowFor: { attribute: false },
    now: { attribute: false },
  };
  declare app: App;
  declare ids: readonly string[];
  declare rowFor: (id: string) => Row | null;
  /** Ms since the epoch. */
  declare now: number;

  readonly #virtual = new VirtualRows(this, {
    rows: () => this.ids.length,
    rowHeight: ROW_HEIGHT_PX,
    body: () => this.renderRoot.querySelector('.list'),
    covered: { top: 52, bottom: 62 },
  });
  readonly cursor = new ListCursor(this, {
    count: () => this.ids.length,
    idAt: (row) => this.ids[row] ?? null,
    rowOf: (id) => this.ids.indexOf(id),
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
      .second .team {
        color: var(--t3);
      }
    `,
  ];

  constructor() {
    super();
    this.ids = [];
    this.rowFor = () => null;
    this.now = 0;
  }

  override render() {
    const { first, end } = this.#virtual.drawn;
    return html`<ul class="list">
      ${listSpacer(first * ROW_HEIGHT_PX)}
      ${repeat(
        this.ids.slice(first, end),
        (id) => id,
        (id) => this.#row(id),
      )}
      ${listSpacer((this.ids.length - end) * ROW_HEIGHT_PX)}
    </ul>`;
  }

  #row(id: string) {
    const row = this.rowFor(id);
    if (!row) return nothing;
    const { allocation, name, utilizationPct, since } = row;
    const status = statusOf(row);
    const plain = typeof status === 'string' && utilizationPct !== null;
    return html`<li class="item ${id === this.cursor.id ? 'current' : ''}">
      <a href=${this.app.router.href({ page: 'allocation', id, query: {} })} @focus=${() => this.cursor.set(id)}>
        <span class="line">
          <span class="name"><b>${name}</b></span>
          ${plain ? html`${meter(utilizationPct)}<b class="number">${percent(utilizationPct)}</b>` : status}
        </span>
        <span class="line second">
          <span class="name">${allocation.userId} <span class="team">${allocation.teamId}</span></span>
          <span>${resourceText(allocation, row.modelName)}</span>
          <span class="small">${duration(Math.max(0, this.now - since))}</span>
        </span>
      </a>
    </li>`;
  }
}

customElements.define('allocation-list', AllocationList);
