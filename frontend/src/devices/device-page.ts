/** One GPU: what it is, how it does, what can be done with it. */

import { html, nothing, type PropertyValues } from 'lit';
import type { App } from '../app/app';
import type { Route } from '../app/routes';
import {
  type Clocks,
  type DeviceDetails,
  followClocks,
  joined,
  newestChange,
  readDevice,
  Recorder,
  seen,
} from '../data/device';
import { isKnown, type Snapshot } from '../data/fleet';
import { METRICS } from '../data/history';
import type { Change, DeviceStatus, LayoutNode } from '../data/types';
import { clock, duration, gpuName } from '../format/format';
import '../mig/mig-section';
import { statusBadge } from '../parts/badges';
import { PageElement } from '../parts/element';
import { chevron, staleClock } from '../parts/icons';
import '../parts/live-chart-board';
import { type Range, rangeOf, rangeText } from '../parts/live-chart-ranges';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import '../allocations/device-holders';
import './device-actions';
import './device-identity';
import { chartsOf, type DeviceFacts, factsOf, gapAfterS, nodeAt, serverNow, statusChanges } from './device-model';
import { detailStyles } from './device-page.styles';
import { t } from './device.text';
import './jump-strip';

type DeviceRoute = Extract<Route, { readonly id: string }>;

export class DevicePage extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    details: { state: true },
    reading: { state: true },
    clocks: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: DeviceRoute;
  declare details: DeviceDetails | null;
  declare reading: 'reading' | 'read' | 'failed';
  declare clocks: Clocks | null;

  /** The GPU that all of this is about. */
  #id = '';
  /** The newest change that the details contain; null: they have to be read. */
  #readAt: number | null = null;
  #recorder = new Recorder();
  #stopClocks: (() => void) | null = null;

  static override styles = [shared, detailStyles];

  constructor() {
    super();
    this.details = null;
    this.reading = 'reading';
    this.clocks = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopClocks?.();
    this.#id = '';
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.route.id !== this.#id) this.#start(this.route.id);
    if (changed.has('snapshot')) this.#follow();
  }

  /** `[` and `]`: the previous and the next GPU of the node. */
  onKey(event: KeyboardEvent): boolean {
    if (event.key !== '[' && event.key !== ']') return false;
    const target = this.#neighbour(event.key === '[' ? -1 : 1);
    if (target) this.#open(target);
    return target !== null;
  }

  override render() {
    const facts = factsOf(this.snapshot, this.#id, this.details, this.clocks);
    if (!facts && this.reading !== 'reading') return this.reading === 'failed' ? this.#failed() : this.#missing();
    return html`
      ${this.#head(facts)}
      <div class="identity">
        ${facts ? html`<device-identity .facts=${facts}></device-identity>` : this.#wait(420)}
      </div>
      ${this.#notice(facts)}
      <device-holders .app=${this.app} .snapshot=${this.snapshot} .deviceId=${this.#id}></device-holders>
      <live-chart-board
        .charts=${chartsOf(joined(this.#recorder), facts)}
        .now=${serverNow(this.snapshot)}
        .range=${rangeOf(this.route.query.range)}
        .moments=${this.#changes.map((change) => Date.parse(change.at) / 1000)}
        .staleMs=${facts?.stale?.ageMs ?? null}
        .gapAfterS=${gapAfterS(this.snapshot)}
        .note=${isKnown(this.snapshot) ? t('neverRead') : ''}
        @range-chosen=${({ detail }: CustomEvent<Range>) => this.app.router.refine({ range: rangeText(detail) })}
      ></live-chart-board>
      <mig-section .app=${this.app} .snapshot=${this.snapshot} .deviceId=${this.#id}></mig-section>
      ${this.#changeList()}
    `;
  }

  #start(id: string): void {
    this.#id = id;
    this.#readAt = null;
    this.#recorder = new Recorder();
    this.details = null;
    this.reading = 'reading';
    this.clocks = null;
    this.#stopClocks?.();
    this.#stopClocks = followClocks(this.app.link, id, (clocks) => {
      this.clocks = clocks;
    });
  }

  /** Keeps what the newest snapshot shows of this GPU, and reads the details anew where they have changed. */
  #follow(): void {
    const { snapshot } = this;
    const at = snapshot.layout?.at.get(this.#id);
    if (at !== undefined) this.#recorder.record(seen(snapshot.history, [at]), METRICS);
    // What was read before a loss may have changed meanwhile.
    if (snapshot.link.phase === 'lost') this.#readAt = null;
    const change = newestChange(snapshot.exceptions.changes, new Set([this.#id]));
    if (this.#readAt !== null && change <= this.#readAt) return;
    if (snapshot.link.phase !== 'open' && snapshot.link.phase !== 'connecting') return;
    this.#readAt = change;
    void this.#read();
  }

  async #read(): Promise<void> {
    const id = this.#id;
    try {
      const details = await readDevice(this.app.link, id);
      if (id !== this.#id) return;
      this.details = details;
      this.reading = 'read';
    } catch {
      if (id === this.#id) this.reading = 'failed';
    }
  }

  get #changes(): readonly Change[] {
    return statusChanges(this.snapshot.exceptions.changes, this.#id);
  }

  #head(facts: DeviceFacts | null) {
    const { router } = this.app;
    return html`
      <div class="head">
        <div class="names">
          <nav class="path" aria-label=${t('path')}>
            <a href=${router.href({ page: 'devices', query: {} })}>${t('devices')}</a>${chevron}
            ${
              facts
                ? html`<a href=${router.href({ page: 'node', id: facts.node.id, query: {} })}>${facts.node.nodeName}</a
                    >${chevron}<span aria-current="page">${t('gpu', { n: facts.deviceIndex })}</span>`
                : this.#wait(120)
            }
          </nav>
          <div class="title">
            <h1>${facts ? gpuName(facts) : this.#wait(200)}</h1>
            ${facts ? this.#state(facts) : nothing} ${this.#neighbours()}
          </div>
        </div>
        <device-actions .app=${this.app} .snapshot=${this.snapshot} .deviceIds=${facts ? [facts.id] : []}></device-actions>
        ${this.#strip(facts)}
      </div>
    `;
  }

  #state({ status, reason, stale }: DeviceFacts) {
    const age = stale?.ageMs ?? null;
    return html`${statusBadge(status)}
    ${
      stale
        ? html`<span class="badge">${staleClock}${age === null ? t('neverRead') : t('stale', { age: duration(age) })}</span>`
        : nothing
    }
    ${reason ? html`<span class="reason">${reason}</span>` : nothing}`;
  }

  #neighbours() {
    return html`<span class="steps">
      ${this.#step('[', t('previous'), this.#neighbour(-1))} ${this.#step(']', t('next'), this.#neighbour(1))}
      <span aria-hidden="true">${t('previousNext')}</span>
    </span>`;
  }

  #step(key: string, name: string, target: string | null) {
    return html`<button
      class="step"
      aria-label=${name}
      aria-keyshortcuts=${key}
      aria-disabled=${target === null}
      @click=${() => (target === null ? undefined : this.#open(target))}
    >
      ${key}
    </button>`;
  }

  #strip(facts: DeviceFacts | null) {
    const node = this.#node;
    if (!facts || !node || !isKnown(this.snapshot)) return nothing;
    return html`<div class="strip">
      <p>${t('strip', { node: node.nodeName })}</p>
      <jump-strip
        .app=${this.app}
        .snapshot=${this.snapshot}
        .node=${node}
        .current=${facts.id}
      ></jump-strip>
    </div>`;
  }

  #notice(facts: DeviceFacts | null) {
    if (!facts) return nothing;
    if (facts.status === 'RETIRED') return html`<p class="notice">${t('retired')}</p>`;
    if (!isKnown(this.snapshot) || facts.at !== null || this.snapshot.cluster === null) return nothing;
    const { clusterName: cluster } = facts.node;
    const there = { ...this.route, query: { ...this.route.query, cluster } };
    return html`<p class="notice">
      ${t('elsewhere', { cluster })}
      <a href=${this.app.router.href(there)}>${t('lookThere', { cluster })}</a>
    </p>`;
  }

  #changeList() {
    const changes = this.#changes;
    return html`<section class="list">
      <h2>${t('changes')}</h2>
      ${
        changes.length
          ? html`<ol>
              ${changes.map((change) => this.#change(change))}
            </ol>`
          : html`<p>${t('changesNone')}</p>`
      }
    </section>`;
  }

  #change({ at, before, after, actor, reason }: Change) {
    const word = (status: string | null) => (status === null ? '–' : stateWord(status as DeviceStatus));
    return html`<li>
      <i class="diamond"></i>
      <time datetime=${at}>${clock(new Date(at))}</time>
      <b>${t('changed', { before: word(before), after: word(after) })}</b>
      <span>${t('by', { actor })}</span>
      ${reason ? html`<span>${reason}</span>` : nothing}
    </li>`;
  }

  #missing() {
    return html`<div class="nothing">
      <h1>${t('missing')}</h1>
      <p>${t('missingText', { id: this.#id })}</p>
      <a class="button" href=${this.app.router.href({ page: 'devices', query: {} })}>${t('toDevices')}</a>
    </div>`;
  }

  #failed() {
    return html`<div class="nothing" role="alert">
      <h1>${t('failed')}</h1>
      <p>${this.snapshot.link.reason}</p>
      <button class="button" @click=${this.#read}>${t('tryAgain')}</button>
    </div>`;
  }

  #wait(width: 120 | 200 | 420) {
    return html`<span class="skeleton wait wait-${width}"></span>`;
  }

  get #node(): LayoutNode | null {
    const { layout } = this.snapshot;
    const at = layout?.at.get(this.#id);
    return layout && at !== undefined ? nodeAt(layout.nodes, at) : null;
  }

  /** The id of the GPU so many places on in the node; null: none. */
  #neighbour(by: 1 | -1): string | null {
    const { layout } = this.snapshot;
    const node = this.#node;
    const at = layout?.at.get(this.#id);
    if (!layout || !node || at === undefined) return null;
    const target = at + by;
    const inside = target >= node.first && target < node.first + node.count;
    return inside ? (layout.devices[target]?.id ?? null) : null;
  }

  /** Another GPU, over the same range. */
  #open(id: string): void {
    this.app.router.go({ page: 'device', id, query: this.route.query });
  }
}

customElements.define('device-page', DevicePage);
