/** One quantity over time: continues live, shares its cursor with the other charts of the page, never joins a gap. */

import { html, type PropertyValues } from 'lit';
import uPlot from 'uplot';
import type { Series } from '../data/history';
import { EMPTY, extentOf, type Gap } from '../data/series';
import { clock, duration } from '../format/format';
import { PageElement } from './element';
import { t } from './live-chart.text';
import {
  type Band,
  CHART_TOKENS,
  drawGap,
  drawLimit,
  drawMoments,
  drawStale,
  drawWords,
  type Limit,
  type Palette,
} from './live-chart-marks';
import { columnsOf, isolated, nearest, ticksOf, timeText, type TimeSpan } from './live-chart-model';
import { chartStyles, plotStyles } from './live-chart.styles';
import { coloursOf, onThemeChange } from './palette';
import { shared } from './shared';

/** Charts with the same key show one cursor. */
const SYNC_KEY = 'page';

/** The mouse has to go this far before it selects a stretch, px. */
const DRAG_FROM_PX = 5;

/** Where the cursor is: a reading's time, in seconds since the epoch. */
export type CursorMoved = CustomEvent<number | null>;

/** A stretch was selected; null: back to the whole range. */
export type Zoomed = CustomEvent<TimeSpan | null>;

export class LiveChart extends PageElement {
  static override properties = {
    heading: {},
    unit: {},
    series: { attribute: false },
    gaps: { attribute: false },
    domain: { attribute: false },
    span: { attribute: false },
    limit: { attribute: false },
    moments: { attribute: false },
    staleMs: { attribute: false },
    format: { attribute: false },
    note: {},
    filled: { type: Boolean },
    cursor: { state: true },
  };
  declare heading: string;
  declare unit: string;
  declare series: Series;
  declare gaps: readonly Gap[];
  declare domain: readonly [number, number];
  /** What the axis shows. */
  declare span: TimeSpan;
  declare limit: Limit | null;
  declare moments: readonly number[];
  /** Age of the last reading where it is too old; the time since is greyed. */
  declare staleMs: number | null;
  /** A value as it stands in the head, without its unit. */
  declare format: (value: number) => string;
  /** Why there is nothing to draw. */
  declare note: string;
  declare filled: boolean;
  /** The position of the reading under the cursor, in `series`. */
  declare cursor: number | null;

  #chart: uPlot | null = null;
  #palette: Palette | null = null;
  #family = '';
  #size: ResizeObserver | null = null;
  #unwatchTheme: (() => void) | null = null;

  static override styles = [plotStyles, shared, chartStyles];

  constructor() {
    super();
    this.heading = '';
    this.unit = '';
    this.series = EMPTY;
    this.gaps = [];
    this.domain = [0, 100];
    this.span = { from: 0, to: 60 };
    this.limit = null;
    this.moments = [];
    this.staleMs = null;
    this.format = String;
    this.note = '';
    this.filled = false;
    this.cursor = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unwatchTheme = onThemeChange(() => {
      this.#palette = null;
      this.#chart?.redraw(false);
    });
    this.#size = new ResizeObserver(() => this.#fit());
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatchTheme?.();
    this.#size?.disconnect();
    this.#chart?.destroy();
    this.#chart = null;
  }

  override render() {
    const extent = extentOf(this.series);
    const value = this.cursor === null ? (extent?.newest ?? null) : (this.series.values[this.cursor] ?? null);
    return html`
      <header>
        <h2 id="name">${this.heading}</h2>
        <span class="unit">${this.unit}</span>
        <span class="value">${this.#text(value)}</span>
      </header>
      <div
        class="plot"
        role="slider"
        tabindex="0"
        aria-label=${this.#summary()}
        aria-valuemin=${Math.round(this.span.from - this.span.to)}
        aria-valuemax="0"
        aria-valuenow=${this.cursor === null ? 0 : Math.round((this.series.times[this.cursor] ?? 0) - this.span.to)}
        aria-valuetext=${this.#cursorText()}
        @keydown=${this.#onKey}
        @blur=${() => this.#point(null)}
        @pointerdown=${this.#onTouch}
        @pointermove=${this.#onTouch}
      >
        ${extent === null ? html`<p class="note">${this.note}</p>` : ''}
      </div>
    `;
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (changed.size === 1 && changed.has('cursor')) return;
    if (!this.#chart) this.#fit();
    else this.#chart.setData(this.#columns());
  }

  #text(value: number | null): string {
    return value === null || Number.isNaN(value) ? '–' : this.format(value);
  }

  /** The line in words: what a chart is for those who do not see it. */
  #summary(): string {
    const name = `${this.heading} ${this.unit}`;
    const extent = extentOf(this.series);
    if (!extent) return t('nothing', { name });
    const { newest, lowest, highest } = extent;
    return t('summary', {
      name,
      newest: this.format(newest),
      lowest: this.format(lowest),
      highest: this.format(highest),
    });
  }

  #cursorText(): string {
    const at = this.cursor ?? this.series.times.length - 1;
    const time = this.series.times[at];
    if (time === undefined) return '–';
    return t('at', { time: clock(new Date(time * 1000)), value: this.#text(this.series.values[at] ?? null) });
  }

  #columns(): uPlot.AlignedData {
    return columnsOf(this.series, this.gaps, this.span);
  }

  /** Makes the chart once it has a size, and keeps it at the size it is given. */
  #fit(): void {
    const plot = this.renderRoot.querySelector<HTMLElement>('.plot');
    if (!plot?.clientWidth) return;
    const size = { width: plot.clientWidth, height: plot.clientHeight };
    if (!this.#chart) this.#chart = new uPlot({ ...this.#options(), ...size }, this.#columns(), plot);
    else if (this.#chart.width !== size.width || this.#chart.height !== size.height) this.#chart.setSize(size);
  }

  #options(): Omit<uPlot.Options, 'width' | 'height'> {
    this.#family = getComputedStyle(this).fontFamily;
    const axis = {
      font: `11px ${this.#family}`,
      stroke: () => this.#colour('t3'),
      ticks: { show: false },
      grid: { stroke: () => this.#colour('line'), width: 1 },
      gap: 6,
    };
    return {
      legend: { show: false },
      padding: [8, 4, 0, 0],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false, dist: DRAG_FROM_PX },
        points: { size: 7, width: 1.5, stroke: () => this.#colour('series-1'), fill: () => this.#colour('bg') },
        sync: {
          key: SYNC_KEY,
          scales: ['x', null],
          filters: { pub: isMove, sub: isMove },
        },
        bind: {
          dblclick: () => () => {
            this.#emitZoom(null);
            return null;
          },
        },
      },
      scales: {
        x: { time: false, range: () => [this.span.from, this.span.to] },
        y: { range: () => [this.domain[0], this.domain[1]] },
      },
      axes: [
        {
          ...axis,
          size: 24,
          space: 90,
          values: (chart, ticks) => ticks.map((tick) => timeText(tick, spanOf(chart))),
          incrs: INCREMENTS_S,
        },
        { ...axis, size: 40, splits: () => ticksOf(this.domain[0], this.domain[1]) },
      ],
      series: [
        {},
        {
          stroke: () => this.#colour('series-1'),
          width: 1.5,
          fill: () => (this.filled ? this.#colour('inset') : 'transparent'),
          points: {
            size: 4,
            show: true,
            fill: () => this.#colour('series-1'),
            filter: (chart) => isolated(chart.data[1] as (number | null)[]),
          },
        },
      ],
      hooks: {
        drawClear: [(chart) => this.#drawBehind(chart)],
        draw: [(chart) => this.#drawOver(chart)],
        setCursor: [(chart) => this.#cursorMoved(chart)],
        setSelect: [(chart) => this.#selected(chart)],
      },
    };
  }

  #colour(token: keyof Palette): string {
    return this.#colours[token];
  }

  get #colours(): Palette {
    this.#palette ??= coloursOf(this.renderRoot, CHART_TOKENS);
    return this.#palette;
  }

  #drawBehind(chart: uPlot): void {
    const palette = this.#colours;
    for (const gap of this.#gapBands()) drawGap(chart, gap, palette);
    const stale = this.#staleBand();
    if (stale) drawStale(chart, stale, palette);
  }

  #drawOver(chart: uPlot): void {
    const palette = this.#colours;
    if (this.limit) drawLimit(chart, this.limit, palette, this.#font);
    drawMoments(chart, this.moments, palette);
    for (const gap of this.#gapBands()) drawWords(chart, gap, palette, this.#font, false);
    const stale = this.#staleBand();
    if (stale) drawWords(chart, stale, palette, this.#font, true);
  }

  #gapBands(): readonly Band[] {
    return this.gaps.map((gap) => ({ ...gap, text: t('gap', { time: duration((gap.to - gap.from) * 1000) }) }));
  }

  /** From the last reading to now; null: it is fresh. */
  #staleBand(): Band | null {
    const from = extentOf(this.series)?.newestAt;
    if (this.staleMs === null || from === undefined) return null;
    return { from, to: this.span.to, text: t('stale', { time: duration(this.staleMs) }) };
  }

  get #font(): string {
    return `${11 * devicePixelRatio}px ${this.#family}`;
  }

  #cursorMoved(chart: uPlot): void {
    const at = chart.cursor.idx;
    const time = at === null || at === undefined ? undefined : chart.data[0][at];
    const position = time === undefined ? null : nearest(this.series.times, time);
    if (position === this.cursor) return;
    this.cursor = position;
    this.dispatchEvent(
      new CustomEvent('cursor-moved', { detail: position === null ? null : (this.series.times[position] ?? null) }),
    );
  }

  #selected(chart: uPlot): void {
    const { left, width } = chart.select;
    if (width < DRAG_FROM_PX) return;
    this.#emitZoom({ from: chart.posToVal(left, 'x'), to: chart.posToVal(left + width, 'x') });
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  #emitZoom(detail: TimeSpan | null): void {
    this.dispatchEvent(new CustomEvent('zoomed', { detail }));
  }

  /** Puts the cursor on a reading, in every chart; null: nowhere. */
  #point(position: number | null): void {
    const time = position === null ? undefined : this.series.times[position];
    const left = time === undefined ? -10 : (this.#chart?.valToPos(time, 'x') ?? -10);
    this.#moveCursor(left);
  }

  #onKey(event: KeyboardEvent): void {
    const { times } = this.series;
    const first = times.findIndex((time) => time >= this.span.from);
    const last = times.findLastIndex((time) => time <= this.span.to);
    const now = this.cursor ?? last;
    const target = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      PageUp: now - 10,
      PageDown: now + 10,
      Home: first,
      End: last,
    };
    if (event.key === 'Escape') {
      this.#point(null);
      this.#emitZoom(null);
    } else if (event.key in target && first >= 0) {
      event.preventDefault();
      this.#point(Math.min(last, Math.max(first, target[event.key as keyof typeof target])));
    }
  }

  #onTouch(event: PointerEvent): void {
    if (event.pointerType !== 'touch' || !this.#chart) return;
    const { left } = this.#chart.over.getBoundingClientRect();
    this.#moveCursor(event.clientX - left);
  }

  #moveCursor(left: number): void {
    const chart = this.#chart as PublishingChart | null;
    chart?.setCursor({ left, top: 10 }, true, true);
  }
}

/** The third argument shows the cursor in the other charts as well; uPlot's types leave it out. */
type PublishingChart = { setCursor(at: { left: number; top: number }, fire: boolean, publish: boolean): void };

/** Steps of the time axis, in seconds. */
const INCREMENTS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** Only where the cursor is goes from chart to chart; what is selected is told to the page. */
function isMove(type: string): boolean {
  return type === 'mousemove' || type === 'mouseleave';
}

function spanOf(chart: uPlot): number {
  const { min, max } = chart.scales.x ?? {};
  return (max ?? 0) - (min ?? 0);
}

customElements.define('live-chart', LiveChart);
