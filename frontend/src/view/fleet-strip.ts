/** The fleet in six figures, over a bar of states that adds up to all GPUs. */

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Snapshot } from '../data/fleet';
import type { FleetPoint } from '../data/history';
import { STATES, type Totals } from '../data/totals';
import { count, counted, duration, gib, percent, UNKNOWN, watts } from '../format/format';
import { cssVars } from './css-vars';
import { staleClock } from './icons';
import { shared } from './shared';
import { STATE_WORDS } from './states';
import './spark-line';

interface Figure {
  label: string;
  value: string;
  unit?: string;
  second: string | TemplateResult;
  spark?: { values: number[]; span: string };
}

export class FleetStrip extends LitElement {
  static override properties = { snapshot: { attribute: false } };
  declare snapshot: Snapshot;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .figures {
        display: grid;
        grid-template-columns: repeat(6, 1fr);
      }
      .figure {
        position: relative;
        height: 80px;
        padding: 10px 16px 0;
        border-right: 1px solid var(--line);
        overflow: hidden;
      }
      .figure:last-child {
        border-right: 0;
      }
      .figure:first-child {
        padding-left: 20px;
      }
      dl {
        margin: 0;
      }
      dt {
        font: 12px/16px var(--font);
        color: var(--t2);
      }
      dd {
        margin: 0;
      }
      .value {
        font: 600 22px/27px var(--font);
        letter-spacing: -0.01em;
        white-space: nowrap;
      }
      .unit {
        margin-left: 4px;
        font: 400 13px/18px var(--font);
        letter-spacing: 0;
        color: var(--t2);
      }
      .second {
        display: flex;
        align-items: center;
        gap: 5px;
        font: 12px/16px var(--font);
        color: var(--t3);
        white-space: nowrap;
      }
      .second .warn {
        display: inline-flex;
        align-items: center;
        gap: 4px;
        color: var(--warn);
        font-weight: 500;
      }
      .second svg {
        width: 12px;
        height: 12px;
      }
      .spark {
        position: absolute;
        top: 24px;
        right: 16px;
        text-align: right;
        font: 11px/15px var(--font);
        color: var(--t3);
      }
      .old .value {
        color: var(--t3);
      }
      .bar {
        display: flex;
        gap: 1px;
        height: 5px;
        background: var(--bg);
      }
      .bar i {
        flex: var(--count) 0 0;
        min-width: 4px;
      }
      .busy {
        background: var(--use);
      }
      .quiet {
        background: var(--free);
      }
      .nodata {
        background: repeating-linear-gradient(90deg, var(--line2) 0 3px, var(--inset) 3px 6px);
      }
      .out {
        background: repeating-linear-gradient(135deg, var(--out) 0 2px, var(--inset) 2px 5px);
      }
      .unhealthy {
        background: var(--critmark);
      }
      .bar .unknown {
        flex: 1;
        background: var(--inset);
      }
      @media (max-width: 1179px) {
        .spark {
          display: none;
        }
      }
      @media (max-width: 759px) {
        .figures {
          grid-template-columns: repeat(3, 1fr);
        }
        .figure {
          height: 72px;
          padding: 8px 6px 0 12px;
          border-bottom: 1px solid var(--line);
        }
        .figure:first-child,
        .figure:nth-child(4) {
          padding-left: 16px;
        }
        .figure:nth-child(3) {
          border-right: 0;
        }
        .figure:nth-child(n + 4) {
          border-bottom: 0;
        }
        .value {
          font-size: 20px;
          line-height: 26px;
        }
        .second {
          font-size: 11px;
        }
      }
    `,
  ];

  override render() {
    const { totals, feed } = this.snapshot;
    const old = feed === 'stale' || feed === 'offline';
    return html`<dl class="figures ${old ? 'old' : ''}">${this.#figures().map(figure)}</dl>
      <div class="bar" role="img" aria-label=${totals ? barLabel(totals) : 'No data yet'}>
        ${
          totals?.gpus
            ? STATES.filter((state) => totals.states[state]).map(
                (state) =>
                  html`<i
                    class=${state}
                    ${cssVars({ '--count': String(totals.states[state]) })}
                    title="${STATE_WORDS[state]}: ${count(totals.states[state])}"
                  ></i>`,
              )
            : html`<i class="unknown"></i>`
        }
      </div>`;
  }

  #figures(): Figure[] {
    const { totals, history } = this.snapshot;
    if (!totals) {
      return ['GPUs', 'Available', 'Mean utilisation', 'Memory used', 'Power now', 'Data age'].map((label) => ({
        label,
        value: UNKNOWN,
        second: ' ',
      }));
    }
    const points = history.fleet;
    const power = watts(totals.powerW);
    const memoryPct = totals.memoryTotalMb ? (100 * totals.memoryUsedMb) / totals.memoryTotalMb : null;
    return [
      {
        label: 'GPUs',
        value: count(totals.gpus),
        second: `${counted(totals.nodes, 'node')} · ${counted(totals.models, 'model')}`,
      },
      {
        label: 'Available',
        value: count(totals.available),
        unit: totals.gpus ? percent((100 * totals.available) / totals.gpus) : '',
        second: unavailable(totals),
      },
      {
        label: 'Mean utilisation',
        ...split(percent(totals.utilizationPct, 1)),
        second: `${count(totals.states.busy)} busy · ${count(totals.states.quiet)} quiet`,
        spark: spark(points, (point) => point.utilizationPct),
      },
      {
        label: 'Memory used',
        ...split(percent(memoryPct, 1)),
        second: totals.memoryTotalMb
          ? `${gib(totals.memoryUsedMb)} of ${gib(totals.memoryTotalMb)} GiB`
          : 'not reported',
        spark: spark(points, (point) => point.memoryPct),
      },
      {
        label: 'Power now',
        ...power,
        second: powerShare(totals),
        spark: spark(points, (point) => point.powerW),
      },
      { label: 'Data age', ...age(totals), second: reporting(totals) },
    ];
  }
}

function figure({ label, value, unit, second, spark }: Figure) {
  return html`<div class="figure">
    <dt>${label}</dt>
    <dd>
      <div class="value">${value}${unit ? html`<span class="unit">${unit}</span>` : nothing}</div>
      <div class="second">${second}</div>
    </dd>
    ${
      spark && spark.values.filter(Number.isFinite).length > 1
        ? html`<div class="spark">
            <spark-line .values=${spark.values} .width=${64} .height=${24} .slots=${Math.max(20, spark.values.length)}></spark-line>${spark.span}
          </div>`
        : nothing
    }
  </div>`;
}

function spark(points: readonly FleetPoint[], read: (point: FleetPoint) => number | null) {
  const first = points[0];
  const last = points.at(-1);
  return {
    values: points.map((point) => read(point) ?? Number.NaN),
    span: first && last ? duration(Math.round((last.at - first.at) / 1000) * 1000).replace(/\.\d/, '') : '',
  };
}

function split(text: string): { value: string; unit?: string } {
  return text.endsWith('%') ? { value: text.slice(0, -1), unit: '%' } : { value: text };
}

function age(totals: Totals): { value: string; unit?: string } {
  const [value, ...unit] = duration(totals.oldestAgeMs).split(' ');
  return { value: value ?? UNKNOWN, unit: unit.join(' ') };
}

function reporting(totals: Totals): string | TemplateResult {
  if (!totals.gpus) return 'nothing reports';
  if (totals.stale) return html`<span class="warn">${staleClock} ${count(totals.stale)} stale</span>`;
  return totals.reporting === totals.gpus
    ? 'oldest · all report'
    : `${count(totals.reporting)} of ${count(totals.gpus)} report`;
}

function unavailable(totals: Totals): string {
  const parts = [];
  if (totals.states.out) parts.push(`${count(totals.states.out)} out of service`);
  if (totals.states.unhealthy) parts.push(`${count(totals.states.unhealthy)} unhealthy`);
  return parts.join(' · ') || (totals.gpus ? 'none out of service' : 'none registered');
}

function powerShare(totals: Totals): string {
  if (totals.powerW === null) return 'not reported';
  if (!totals.powerLimitW) return `over ${counted(totals.reporting, 'GPU')}`;
  const limit = watts(totals.powerLimitW);
  return `${percent((100 * totals.powerW) / totals.powerLimitW)} of ${limit.value} ${limit.unit} limit`;
}

function barLabel(totals: Totals): string {
  return STATES.filter((state) => totals.states[state])
    .map((state) => `${count(totals.states[state])} ${STATE_WORDS[state].toLowerCase()}`)
    .join(', ');
}

customElements.define('fleet-strip', FleetStrip);
