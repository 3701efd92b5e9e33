/** Live charts over the same time: one range, one cursor, one zoom. */

import { css, html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Series } from '../data/history';
import { gapsOf, since, until } from '../data/series';
import { clock, duration } from '../format/format';
import { PageElement } from './element';
import './live-chart';
import type { CursorMoved, Zoomed } from './live-chart';
import { t } from './live-chart-board.text';
import type { Limit } from './live-chart-marks';
import type { TimeSpan } from './live-chart-model';
import { type Range, RANGES } from './live-chart-ranges';
import { shared } from './shared';

/** One chart of the board. */
export interface ChartSpec {
  readonly key: string;
  readonly heading: string;
  readonly unit: string;
  readonly series: Series;
  readonly domain: readonly [number, number];
  readonly limit: Limit | null;
  readonly filled: boolean;
  readonly format: (value: number) => string;
}

/** Seconds that may lie between the start of the range and the first reading before the board says so. */
const LATE_START_S = 3;

export class LiveChartBoard extends PageElement {
  static override properties = {
    charts: { attribute: false },
    now: { attribute: false },
    range: { attribute: false },
    moments: { attribute: false },
    staleMs: { attribute: false },
    gapAfterS: { attribute: false },
    note: {},
    zoom: { state: true },
    cursorAt: { state: true },
  };
  declare charts: readonly ChartSpec[];
  /** The server's time, in seconds since the epoch; null: not known yet. */
  declare now: number | null;
  declare range: Range;
  /** When something was changed, in seconds since the epoch. */
  declare moments: readonly number[];
  declare staleMs: number | null;
  /** Known readings further apart than this are not joined. */
  declare gapAfterS: number;
  /** Why there is nothing to draw; '' while it is loading. */
  declare note: string;
  declare zoom: TimeSpan | null;
  declare cursorAt: number | null;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .bar {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: 44px;
        padding: 7px 20px;
        border-bottom: 1px solid var(--line);
        color: var(--t2);
        font-size: 12px;
      }
      .ranges {
        display: flex;
        flex: none;
        border: 1px solid var(--line2);
        border-radius: 5px;
        overflow: hidden;
      }
      .ranges button {
        height: 26px;
        padding: 0 12px;
        border: 0;
        border-right: 1px solid var(--line2);
        background: var(--bg);
        color: var(--t2);
        font-size: 12px;
      }
      .ranges button:last-child {
        border-right: 0;
      }
      .ranges button[aria-pressed='true'] {
        background: var(--accbg);
        box-shadow: inset 0 -2px var(--acc);
        color: var(--acc);
        font-weight: 600;
      }
      .ranges button:focus-visible {
        outline-offset: -2px;
      }
      .says {
        flex: 1;
        text-align: right;
        text-wrap: balance;
      }
      .says b {
        color: var(--t1);
        font-weight: 600;
      }
      .hint {
        color: var(--t3);
      }
      .charts {
        display: grid;
        grid-template-columns: 1fr 1fr;
      }
      live-chart {
        border-bottom: 1px solid var(--line);
      }
      live-chart:nth-child(odd):not(:last-child) {
        border-right: 1px solid var(--line);
      }
      @media (max-width: 1023px) {
        .hint {
          display: none;
        }
      }
      @media (max-width: 759px) {
        .charts {
          grid-template-columns: minmax(0, 1fr);
        }
        live-chart {
          --chart-height: 160px;
        }
        live-chart:nth-child(odd):not(:last-child) {
          border-right: 0;
        }
        .bar {
          padding: 4px 16px;
        }
        .ranges button,
        .bar .button {
          height: 44px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.charts = [];
    this.now = null;
    this.range = '5m';
    this.moments = [];
    this.staleMs = null;
    this.gapAfterS = 5;
    this.note = '';
    this.zoom = null;
    this.cursorAt = null;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('range')) this.zoom = null;
  }

  override render() {
    const span = this.#span;
    return html`
      <div class="bar">
        <div class="ranges" role="group" aria-label=${t('range')}>
          ${(Object.keys(RANGES) as Range[]).map((range) => this.#rangeButton(range))}
        </div>
        ${this.#says(span)}
      </div>
      <div class="charts">
        ${repeat(
          this.charts,
          ({ key }) => key,
          (chart) => this.#chart(chart, span),
        )}
      </div>
    `;
  }

  /** The whole range up to now. */
  get #span(): TimeSpan {
    const to = this.now ?? Date.now() / 1000;
    return { from: to - RANGES[this.range], to };
  }

  #rangeButton(range: Range) {
    return html`<button
      aria-pressed=${range === this.range}
      @click=${() => this.dispatchEvent(new CustomEvent('range-chosen', { detail: range }))}
    >
      ${duration(RANGES[range] * 1000)}
    </button>`;
  }

  /** What the charts show: a moment, a stretch, or all there is. */
  #says(span: TimeSpan) {
    if (this.cursorAt !== null)
      return html`<span class="says"><b>${t('at', { time: timeOf(this.cursorAt) })}</b></span>`;
    if (this.zoom) {
      const { from, to } = this.zoom;
      return html`<span class="says"><b>${t('zoomed', { from: timeOf(from), to: timeOf(to) })}</b></span>
        <button class="button" @click=${this.#reset}>${t('reset')}</button>`;
    }
    const first = Math.min(...this.charts.map(({ series }) => series.times[0] ?? Number.POSITIVE_INFINITY));
    const short = Number.isFinite(first) && first - span.from > LATE_START_S;
    return html`<span class="says">
      ${short ? t('kept', { time: duration((span.to - first) * 1000) }) : nothing}
      <span class="hint">${short ? ' · ' : ''}${t('hint')}</span>
    </span>`;
  }

  #chart({ key: _key, series, ...spec }: ChartSpec, span: TimeSpan) {
    const known = this.staleMs === null ? series : until(series, span.to - this.staleMs / 1000);
    return html`<live-chart
      .heading=${spec.heading}
      .unit=${spec.unit}
      .series=${since(known, span.from)}
      .gaps=${gapsOf(known, this.gapAfterS)}
      .domain=${spec.domain}
      .span=${this.zoom ?? span}
      .limit=${spec.limit}
      .moments=${this.moments}
      .staleMs=${this.staleMs}
      .format=${spec.format}
      .note=${this.note || t('loading')}
      .filled=${spec.filled}
      @cursor-moved=${this.#onCursor}
      @zoomed=${this.#onZoom}
    ></live-chart>`;
  }

  readonly #onCursor = ({ detail }: CursorMoved): void => {
    this.cursorAt = detail;
  };

  readonly #onZoom = ({ detail }: Zoomed): void => {
    this.zoom = detail;
  };

  readonly #reset = (): void => {
    this.zoom = null;
  };
}

function timeOf(seconds: number): string {
  return clock(new Date(seconds * 1000));
}

customElements.define('live-chart-board', LiveChartBoard);
