/** Nodes on a phone: two lines each, the whole row leads to the node. */

import { css, html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import { isKnown, type Known, type Snapshot } from '../data/fleet';
import { percent, wattsText } from '../format/format';
import { PageElement } from '../parts/element';
import { ListCursor } from '../parts/list-cursor';
import { listSpacer } from '../parts/list-messages';
import { phoneListStyles } from '../parts/list.styles';
import { shared } from '../parts/shared';
import { VirtualRows } from '../parts/virtual-rows';
import { gpuStrip, gpuStripStyles } from './gpu-strip';
import { modelsText, statusWord } from './node-cells';
import { type NodeEntry, nodeTotals, statusOf } from './node-rows';

const ROW_HEIGHT_PX = 60;

export class NodeList extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    nodes: { attribute: false },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare nodes: readonly NodeEntry[];

  readonly #virtual = new VirtualRows(this, {
    rows: () => this.nodes.length,
    rowHeight: ROW_HEIGHT_PX,
    body: () => this.renderRoot.querySelector('.list'),
    covered: { top: 52, bottom: 62 },
  });
  readonly cursor = new ListCursor(this, {
    count: () => this.nodes.length,
    idAt: (row) => this.nodes[row]?.id ?? null,
    rowOf: (id) => this.nodes.findIndex((node) => node.id === id),
    reveal: (row) => this.#virtual.reveal(row),
    link: () => this.renderRoot.querySelector<HTMLElement>('.current a'),
  });

  static override styles = [
    shared,
    phoneListStyles,
    gpuStripStyles,
    css`
      :host {
        display: block;
      }
    `,
  ];

  constructor() {
    super();
    this.nodes = [];
  }

  override render() {
    const { snapshot } = this;
    if (!isKnown(snapshot)) return '';
    const { first, end } = this.#virtual.drawn;
    return html`<ul class="list">
      ${listSpacer(first * ROW_HEIGHT_PX)}
      ${repeat(
        this.nodes.slice(first, end),
        ({ id }) => id,
        (entry) => this.#row(snapshot, entry),
      )}
      ${listSpacer((this.nodes.length - end) * ROW_HEIGHT_PX)}
    </ul>`;
  }

  #row(known: Known, entry: NodeEntry) {
    const { id } = entry;
    const totals = nodeTotals(known, entry);
    const current = id === this.cursor.id;
    return html`<li class="item ${current ? 'current' : ''}">
      <a href=${this.app.router.href({ page: 'node', id, query: {} })} @focus=${() => this.cursor.set(id)}>
        <span class="line">
          <b class="name">${entry.nodeName}</b>
          ${statusOf(entry) === 'OFFLINE' ? statusWord(entry) : gpuStrip(known, entry)}
        </span>
        <span class="line second">
          <span class="name">${modelsText(entry)}</span>
          <span class="small">${percent(totals.utilizationPct)}</span>
          <span class="small">${wattsText(totals.powerW)}</span>
        </span>
      </a>
    </li>`;
  }
}

customElements.define('node-list', NodeList);
