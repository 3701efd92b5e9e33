/** What the colours and shapes of the map mean. */

import { css, html, type TemplateResult } from 'lit';
import { isDark } from '../../app/preferences';
import { Watching } from '../../base/store';
import type { Metric } from '../../data/history';
import { celsius, percent } from '../../format/format';
import { HEAT_EDGES_C } from '../../format/ramps';
import { cssVars } from '../../parts/css-vars';
import { PageElement } from '../../parts/element';
import { shared } from '../../parts/shared';
import { stateWord } from '../../parts/states.text';
import { cellSize } from './cell-size';
import { coloursIn } from './colours';
import { t } from './heat-map.text';
import { type Look, Shape } from './looks';
import { rampOf } from './palette';
import { drawCell } from './sprites';

const SIZE = 14;

const STEPS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const LOOK: Look = { shape: Shape.Hollow, step: 0, stale: false, dimmed: false, selected: false };

const ITEMS: readonly { readonly word: () => string; readonly look: Look }[] = [
  { word: () => stateWord('free'), look: LOOK },
  { word: () => stateWord('held'), look: { ...LOOK, shape: Shape.Held, step: 1 } },
  { word: () => stateWord('out'), look: { ...LOOK, shape: Shape.Hatched, step: 6 } },
  { word: () => t('stale'), look: { ...LOOK, shape: Shape.Value, step: 6, stale: true } },
  { word: () => stateWord('nodata'), look: { ...LOOK, shape: Shape.Unknown } },
  { word: () => stateWord('unhealthy'), look: { ...LOOK, shape: Shape.Unhealthy } },
];

export class HeatLegend extends PageElement {
  static override properties = { metric: { attribute: false } };
  declare metric: Metric;

  constructor() {
    super();
    this.metric = 'utilization';
    new Watching(this, isDark);
    new Watching(this, cellSize);
  }

  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 18px;
        align-items: center;
        color: var(--t2);
        font: 12px/16px var(--font);
      }
      .ramp {
        display: flex;
        gap: 8px;
        align-items: center;
        margin-right: auto;
        white-space: nowrap;
      }
      .ramp .name {
        margin-right: 8px;
      }
      .end {
        color: var(--t3);
      }
      .steps {
        display: flex;
        gap: 1px;
      }
      .steps i {
        background: var(--step);
        width: 16px;
        height: 9px;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 18px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        gap: 7px;
        align-items: center;
        white-space: nowrap;
      }
      canvas {
        width: 14px;
        height: 14px;
      }
    `,
  ];

  override render() {
    const ramp = rampOf(this.metric);
    const [low, high] = this.#ends();
    return html`
      <div class="ramp">
        <span class="name">${t(`${this.metric}Now`)}</span><span class="end">${low}</span>
        <span class="steps" aria-hidden="true"
          >${STEPS.map((step) => html`<i ${cssVars({ '--step': `var(--${ramp}-${step})` })}></i>`)}</span
        >
        <span class="end">${high}</span>
      </div>
      <ul>
        ${ITEMS.map(({ word }): TemplateResult => html`<li><canvas aria-hidden="true"></canvas>${word()}</li>`)}
      </ul>
    `;
  }

  #ends(): [string, string] {
    if (rampOf(this.metric) === 'load') return ['0', percent(100)];
    const coldest = String(HEAT_EDGES_C[0] ?? '');
    return [t('coldest', { value: coldest }), t('hottest', { value: celsius(HEAT_EDGES_C.at(-1) ?? null) })];
  }

  /** The glyphs are drawn by what draws the map, so that the two cannot disagree. */
  override updated(): void {
    const colours = coloursIn(this.renderRoot);
    const ratio = devicePixelRatio;
    const size = Math.round(SIZE * ratio);
    // Where the map has no room for a dot and a cross, the legend shows what stands for them.
    const drawnAs = cellSize.value < 10 ? size / cellSize.value : ratio;
    this.renderRoot.querySelectorAll('canvas').forEach((canvas, at) => {
      const look = ITEMS[at]?.look;
      canvas.width = size;
      canvas.height = size;
      const pen = canvas.getContext('2d', { alpha: false });
      if (pen && look) drawCell(pen, look, rampOf(this.metric), colours, size, drawnAs);
    });
  }
}

customElements.define('heat-legend', HeatLegend);
