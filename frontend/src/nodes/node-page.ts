/** One node: what it is, how its GPUs do together and each, what can be done with them. */

import { css, html, nothing, type PropertyValues } from 'lit';
import type { App } from '../app/app';
import type { Route } from '../app/routes';
import { newestChange, type NodeDetails, readNode, Recorder } from '../data/device';
import { isKnown, type Known, type Snapshot } from '../data/fleet';
import { totalsOf } from '../data/totals';
import type { LayoutNode } from '../data/types';
import '../devices/device-actions';
import { gapAfterS, serverNow } from '../devices/device-model';
import { detailStyles } from '../devices/device-page.styles';
import { duration, UNKNOWN } from '../format/format';
import { PageElement } from '../parts/element';
import { check, chevron, staleClock } from '../parts/icons';
import '../parts/live-chart-board';
import { type Range, rangeOf, rangeText } from '../parts/live-chart-ranges';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import './node-gpus';
import { figuresOf, nodeCharts, nodeHistory, powerLimitOf } from './node-model';
import { t } from './node.text';
import { t as sourceWord } from './nodes.text';

/** Last reports move on without a change being recorded: read anew this often. */
const RENEW_MS = 10_000;

type NodeRoute = Extract<Route, { readonly id: string }>;

export class NodePage extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    details: { state: true },
    reading: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: NodeRoute;
  declare details: NodeDetails | null;
  declare reading: 'reading' | 'read' | 'failed';

  #id = '';
  #readAt = Number.NEGATIVE_INFINITY;
  #readChange = 0;
  #recorder = new Recorder();

  static override styles = [
    shared,
    detailStyles,
    css`
      .facts,
      .figures {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 20px;
        margin: 0;
      }
      dt {
        color: var(--t3);
        font-size: 12px;
      }
      dd {
        margin: 0;
      }
      .facts div {
        display: flex;
        gap: 6px;
        align-items: baseline;
        min-height: 24px;
      }
      .figures {
        gap: 0;
        border-bottom: 1px solid var(--line);
      }
      .figures div {
        flex: 1 1 110px;
        min-height: 52px;
        padding: 8px 12px 8px 20px;
        border-right: 1px solid var(--line);
      }
      .figures div:last-child {
        border-right: 0;
      }
      .figures b {
        font: 600 15px/20px var(--font);
      }
      .figures span {
        color: var(--t3);
        font-size: 12px;
      }
      .none {
        margin: 0;
        padding: 16px 20px;
        color: var(--t3);
      }
      @media (max-width: 759px) {
        .figures {
          display: grid;
          grid-template-columns: 1fr 1fr;
        }
        .figures div {
          padding-left: 16px;
          border-bottom: 1px solid var(--line);
        }
      }
    `,
  ];

  constructor() {
    super();
    this.details = null;
    this.reading = 'reading';
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.route.id !== this.#id) this.#start(this.route.id);
    if (changed.has('snapshot')) this.#follow();
  }

  override render() {
    const { snapshot } = this;
    const node = this.#node;
    if (!node && !this.details && this.reading !== 'reading') {
      return this.reading === 'failed' ? this.#failed() : this.#missing();
    }
    const known = isKnown(snapshot) ? snapshot : null;
    const positions = positionsOf(node);
    const limit = known ? powerLimitOf(known.layout, positions) : null;
    return html`
      ${this.#head(node, positions)}
      <div class="identity">${this.#facts()}</div>
      ${this.details?.nodeStatus === 'OFFLINE' ? html`<p class="notice">${t('offline')}</p>` : nothing}
      ${this.#figures(known, positions)}
      <live-chart-board
        .charts=${nodeCharts(this.#recorder, limit)}
        .now=${serverNow(snapshot)}
        .range=${rangeOf(this.route.query.range)}
        .gapAfterS=${gapAfterS(snapshot)}
        .note=${known ? t('noReading') : ''}
        @range-chosen=${({ detail }: CustomEvent<Range>) => this.app.router.refine({ range: rangeText(detail) })}
      ></live-chart-board>
      ${known ? this.#gpus(known, node, positions) : nothing}
    `;
  }

  #start(id: string): void {
    this.#id = id;
    this.#readAt = Number.NEGATIVE_INFINITY;
    this.#recorder = new Recorder();
    this.details = null;
    this.reading = 'reading';
  }

  /** Keeps what the newest snapshot shows of this node, and reads the details anew after a change and now and then. */
  #follow(): void {
    const { snapshot } = this;
    const positions = positionsOf(this.#node);
    if (positions.length) this.#recorder.record(nodeHistory(snapshot.history, positions), ['utilization', 'power']);
    const change = newestChange(snapshot.exceptions.changes, new Set([this.#id]));
    const due = change > this.#readChange || snapshot.now - this.#readAt > RENEW_MS;
    if (!due || (snapshot.link.phase !== 'open' && snapshot.link.phase !== 'connecting')) return;
    this.#readAt = snapshot.now;
    this.#readChange = change;
    void this.#read();
  }

  async #read(): Promise<void> {
    const id = this.#id;
    try {
      const details = await readNode(this.app.link, id);
      if (id !== this.#id) return;
      this.details = details;
      this.reading = 'read';
    } catch {
      if (id === this.#id && !this.details) this.reading = 'failed';
    }
  }

  get #node(): LayoutNode | null {
    return this.snapshot.layout?.nodes.find(({ id }) => id === this.#id) ?? null;
  }

  #head(node: LayoutNode | null, positions: readonly number[]) {
    const { router } = this.app;
    const name = node?.nodeName ?? this.details?.nodeName;
    const ids = positions.flatMap((at) => this.snapshot.layout?.devices[at]?.id ?? []);
    return html`
      <div class="head">
        <div class="names">
          <nav class="path" aria-label=${t('path')}>
            <a href=${router.href({ page: 'nodes', query: {} })}>${t('nodes')}</a>${chevron}
            ${name ? html`<span aria-current="page">${name}</span>` : html`<span class="skeleton wait wait-120"></span>`}
          </nav>
          <div class="title">
            <h1>${name ?? html`<span class="skeleton wait wait-200"></span>`}</h1>
            ${this.#status()}
          </div>
        </div>
        <device-actions .app=${this.app} .snapshot=${this.snapshot} .deviceIds=${ids}></device-actions>
      </div>
    `;
  }

  #status() {
    if (!this.details) return nothing;
    const { nodeStatus } = this.details;
    const [kind, glyph] = nodeStatus === 'READY' ? (['ok', check] as const) : (['crit', staleClock] as const);
    return html`<span class="badge ${kind}">${glyph}${stateWord(nodeStatus)}</span>`;
  }

  #facts() {
    const { details } = this;
    if (!details) return html`<span class="skeleton wait wait-420"></span>`;
    const facts: readonly (readonly [string, string])[] = [
      [t('cluster'), details.clusterName],
      [t('ip'), details.nodeIp ?? UNKNOWN],
      [t('driver'), details.nvidiaDriverVersion ?? UNKNOWN],
      [t('source'), sourceWord(details.collectionSource)],
      [t('report'), reportText(details.lastReportAt, serverNow(this.snapshot))],
    ];
    return html`<dl class="facts">
      ${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>`;
  }

  #figures(known: Known | null, positions: readonly number[]) {
    const { layout, frame, judged } = known ?? {};
    const totals = layout && frame && judged ? totalsOf(layout, frame, judged, positions) : null;
    if (!totals) return html`<div class="figures"><div></div></div>`;
    return html`<dl class="figures">
      ${figuresOf(totals).map(
        ({ name, value, whole }) => html`<div><dt>${name}</dt><dd><b>${value}</b><span>${whole}</span></dd></div>`,
      )}
    </dl>`;
  }

  #gpus(known: Known, node: LayoutNode | null, positions: readonly number[]) {
    if (!node) return html`<p class="none">${t('noGpus')}</p>`;
    return html`<node-gpus
      .app=${this.app}
      .snapshot=${known}
      .positions=${positions}
      .nodeName=${node.nodeName}
    ></node-gpus>`;
  }

  #missing() {
    return html`<div class="nothing">
      <h1>${t('missing')}</h1>
      <p>${t('missingText', { id: this.#id })}</p>
      <a class="button" href=${this.app.router.href({ page: 'nodes', query: {} })}>${t('toNodes')}</a>
    </div>`;
  }

  #failed() {
    return html`<div class="nothing" role="alert">
      <h1>${t('failed')}</h1>
      <p>${this.snapshot.link.reason}</p>
      <button class="button" @click=${this.#read}>${t('tryAgain')}</button>
    </div>`;
  }
}

function positionsOf(node: LayoutNode | null): readonly number[] {
  return node ? Array.from({ length: node.count }, (_, at) => node.first + at) : [];
}

function reportText(at: string | null, now: number | null): string {
  if (at === null) return UNKNOWN;
  const age = now === null ? null : now * 1000 - Date.parse(at);
  return t('ago', { age: duration(age) });
}

customElements.define('node-page', NodePage);
