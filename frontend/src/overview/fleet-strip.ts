/** The fleet in seven figures, over a bar of states that adds up to all GPUs. */

import { html, nothing, type TemplateResult } from 'lit';
import type { App } from '../app/app';
import type { Query } from '../app/routes';
import type { Snapshot } from '../data/fleet';
import { STATES, type DeviceState } from '../data/states';
import type { Totals } from '../data/totals';
import { count, duration, gib, percent, UNKNOWN, watts, wattsText } from '../format/format';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { cross, held } from '../parts/icons';
import { shared } from '../parts/shared';
import '../parts/spark-line';
import { stateWord } from '../parts/states.text';
import { fleetStripStyles } from './fleet-strip.styles';
import { idleOf } from './idle';
import { t } from './overview.text';
import { perFrame } from './per-frame';
import { type Trend, trendOf } from './trend';

interface Figure {
  readonly label: string;
  readonly glyph?: TemplateResult;
  readonly hint?: string;
  readonly value: string;
  readonly unit?: string;
  /** What stands in place of the unit on a phone, which has no figure of all GPUs. */
  readonly narrowUnit?: string;
  readonly second: string;
  readonly kind?: 'idle' | 'crit';
  readonly trend?: Trend | null;
  /** What the list behind it is asked for; none: there is no list. */
  readonly list?: Query;
}

export class FleetStrip extends PageElement {
  static override properties = { app: { attribute: false }, snapshot: { attribute: false } };
  declare app: App;
  declare snapshot: Snapshot;

  readonly #idle = perFrame(idleOf);

  static override styles = [shared, fleetStripStyles];

  override render() {
    const { totals, feed } = this.snapshot;
    const old = feed === 'stale' || feed === 'offline';
    return html`<ul class="figures ${old ? 'old' : ''}" aria-label=${t('strip')}>
        ${this.#figures().map((figure) => html`<li>${this.#linked(figure)}</li>`)}
      </ul>
      <div class="bar" role="img" aria-label=${totals ? barLabel(totals) : t('barNone')}>
        ${totals?.gpus ? STATES.map((state) => barPart(state, totals.states[state])) : html`<i class="unknown"></i>`}
      </div>`;
  }

  #linked(figure: Figure) {
    if (!figure.list) return html`<div class="figure">${figureOf(figure)}</div>`;
    const href = this.app.router.href({ page: 'devices', query: figure.list });
    return html`<a class="figure" href=${href} title=${figure.hint ?? nothing}>${figureOf(figure)}</a>`;
  }

  #figures(): readonly Figure[] {
    const { totals, history } = this.snapshot;
    const known = (figure: (totals: Totals) => Pick<Figure, 'value' | 'unit' | 'narrowUnit' | 'second' | 'kind'>) =>
      totals ? figure(totals) : { value: UNKNOWN, second: ' ' };
    const share = (n: number, { gpus }: Totals) => (gpus ? percent((100 * n) / gpus, 1) : '');
    return [
      {
        label: t('gpus'),
        list: {},
        ...known(({ gpus, nodes, models }) => ({ value: count(gpus), second: t('nodesModels', { nodes, models }) })),
      },
      {
        label: t('allocated'),
        hint: t('allocatedHint'),
        list: { state: 'use,held' },
        trend: trendOf(history.fleet, (point) => point.allocated),
        ...known((all) => ({
          value: count(all.allocated),
          unit: share(all.allocated, all),
          narrowUnit: t('ofAll', { n: count(all.gpus) }),
          second: t('meanUtilisation', { pct: percent(all.utilizationPct) }),
        })),
      },
      {
        label: t('held'),
        glyph: held,
        hint: t('heldHint'),
        list: { state: 'held', sort: '-memory' },
        trend: trendOf(history.fleet, (point) => point.held),
        ...known((all) => ({
          value: count(all.states.held),
          unit: share(all.states.held, all),
          second: all.states.held ? t('heldMemory', { gib: gib(this.#heldMb) }) : t('heldNone'),
          ...(all.states.held ? { kind: 'idle' as const } : {}),
        })),
      },
      {
        label: t('free'),
        list: { state: 'free' },
        ...known((all) => ({ value: count(all.states.free), unit: share(all.states.free, all), second: besides(all) })),
      },
      {
        label: t('unhealthy'),
        glyph: cross,
        list: { state: 'unhealthy' },
        ...known((all) => ({
          value: count(all.states.unhealthy),
          unit: share(all.states.unhealthy, all),
          second: this.#unhealthy(all),
          ...(all.states.unhealthy ? { kind: 'crit' as const } : {}),
        })),
      },
      {
        label: t('power'),
        list: { sort: '-power' },
        trend: trendOf(history.fleet, (point) => point.powerW),
        ...known((all) => ({ ...watts(all.powerW), second: powerShare(all) })),
      },
      { label: t('cost'), value: UNKNOWN, second: t('costNone') },
    ];
  }

  get #heldMb(): number {
    const { layout, frame, exceptions, holdingOf } = this.snapshot;
    return layout && frame ? this.#idle({ layout, frame, exceptions, holdingOf }).heldMb : 0;
  }

  #unhealthy({ states }: Totals): string {
    if (!states.unhealthy) return t('unhealthyNone');
    const offline = this.snapshot.frame?.deviceStatuses.filter((status) => status === 'OFFLINE').length ?? 0;
    const broken = states.unhealthy - offline;
    return [
      ...(broken ? [t('broken', { n: count(broken) })] : []),
      ...(offline ? [t('offlineCount', { n: count(offline) })] : []),
    ].join(' · ');
  }
}

function figureOf({ label, glyph, value, unit, narrowUnit, second, kind, trend }: Figure) {
  return html`<span class="label ${kind ?? ''}">${kind ? glyph : nothing}${label}</span>
    <span class="value"
      >${value}${unit ? html` <span class="unit ${narrowUnit ? 'wide' : ''}">${unit}</span>` : nothing}${
        narrowUnit ? html` <span class="unit narrow">${narrowUnit}</span>` : nothing
      }</span
    >
    <span class="second ${kind ?? ''}">${second}</span>
    ${trend ? trendLine(trend, kind) : nothing}`;
}

function trendLine({ values, spanMs }: Trend, kind: Figure['kind']) {
  return html`<span class="spark ${kind ?? ''}" aria-hidden="true"
    ><spark-line .values=${values} .domain=${null} .width=${58} .height=${24} .slots=${values.length}></spark-line
    ><span>${duration(Math.round(spanMs / 1000) * 1000).replace(/\.\d/, '')}</span></span
  >`;
}

function barPart(state: DeviceState, n: number) {
  if (!n) return nothing;
  return html`<i
    class=${state}
    ${cssVars({ '--count': String(n) })}
    title=${t('barPart', { state: stateWord(state), n: count(n) })}
  ></i>`;
}

function barLabel({ states }: Totals): string {
  return STATES.filter((state) => states[state])
    .map((state) => t('barPart', { state: stateWord(state), n: count(states[state]) }))
    .join(', ');
}

function besides({ states }: Totals): string {
  const parts = [
    ...(states.out ? [t('freeOut', { n: count(states.out) })] : []),
    ...(states.nodata ? [t('freeNoData', { n: count(states.nodata) })] : []),
  ];
  return parts.join(' · ') || t('freeAll');
}

function powerShare({ powerW, powerLimitW, reporting }: Totals): string {
  if (powerW === null) return t('powerNone');
  if (!powerLimitW) return t('powerOver', { n: reporting });
  return t('powerShare', { pct: percent((100 * powerW) / powerLimitW), limit: wattsText(powerLimitW) });
}

customElements.define('fleet-strip', FleetStrip);
