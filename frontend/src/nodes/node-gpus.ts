/** The GPUs of one node, live; each row leads to its GPU. */

import { css, html, nothing } from 'lit';
import type { App } from '../app/app';
import type { Known } from '../data/fleet';
import { cellOf } from '../devices/device-cells';
import { DEVICE_COLUMNS } from '../devices/device-columns';
import '../devices/device-list';
import { deviceTableStyles } from '../devices/device-table.styles';
import { type Row, rowAt } from '../devices/rows';
import { PageElement } from '../parts/element';
import { tableStyles } from '../parts/table.styles';
import { meterStyles } from '../parts/meter';
import { NARROW, shared } from '../parts/shared';
import { t } from './node.text';

const COLUMNS = ['gpu', 'model', 'trend', 'utilization', 'memory', 'temperature', 'power', 'status'] as const;

const RIGHT = new Set(DEVICE_COLUMNS.filter(({ right }) => right).map(({ id }) => id));

export class NodeGpus extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    positions: { attribute: false },
    nodeName: {},
  };
  declare app: App;
  declare snapshot: Known;
  declare positions: readonly number[];
  declare nodeName: string;

  readonly #narrow = matchMedia(NARROW);
  readonly #redraw = (): void => this.requestUpdate();

  static override styles = [
    shared,
    tableStyles,
    meterStyles,
    deviceTableStyles,
    css`
      :host {
        display: block;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.#narrow.addEventListener('change', this.#redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#narrow.removeEventListener('change', this.#redraw);
  }

  override render() {
    const { app, snapshot, positions } = this;
    if (this.#narrow.matches) {
      return html`<device-list .app=${app} .snapshot=${snapshot} .positions=${positions}></device-list>`;
    }
    return html`<table>
      <caption class="hidden">
        ${t('caption', { node: this.nodeName })}
      </caption>
      <thead>
        <tr>
          ${COLUMNS.map((id) => html`<th scope="col" class="${id} ${RIGHT.has(id) ? 'right' : ''}">${t(`column.${id}`)}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${positions.map((at) => this.#row(rowAt(snapshot, at)))}
      </tbody>
    </table>`;
  }

  #row(row: Row | null) {
    if (!row) return nothing;
    const { id } = row.device;
    const deviceHref = this.app.router.href({ page: 'device', id, query: {} });
    const context = {
      history: this.snapshot.history,
      near: true,
      again: false,
      deviceHref,
      nodeHref: '',
      tabindex: 0,
      nodeShown: true,
      copied: false,
      onCopy: () => {},
    } as const;
    return html`<tr
      class=${row.stale ? 'faded' : ''}
      @click=${(event: MouseEvent) => this.#open(event, id)}
    >
      ${COLUMNS.map((column) => cellOf(column, row, context))}
    </tr>`;
  }

  /** The whole row leads there; its link does by itself. */
  #open(event: MouseEvent, id: string): void {
    if (event.composedPath().some((target) => target instanceof HTMLAnchorElement)) return;
    this.app.router.go({ page: 'device', id, query: {} });
  }
}

customElements.define('node-gpus', NodeGpus);
