/** One allocation: what it holds, why there, its whole life; released and extended from here. */

import { html, nothing, type PropertyValues } from 'lit';
import type { App } from '../app/app';
import type { Route } from '../app/routes';
import { type AllocationDetails, isEnded, mayChange, readAllocation } from '../data/allocations';
import type { Snapshot } from '../data/fleet';
import { gib, gpuName, moment, percent, sentence, shortModel, UNKNOWN } from '../format/format';
import '../parts/copy-button';
import { PageElement } from '../parts/element';
import { chevron, lock } from '../parts/icons';
import { meter, meterStyles } from '../parts/meter';
import { shared } from '../parts/shared';
import { askedText, endsText, gpusText, idleText, statusOf } from './allocation-cells';
import './allocation-changes';
import type { AllocationChanges } from './allocation-changes';
import { allocationPageStyles } from './allocation-page.styles';
import { t } from './allocations.text';
import { nameOf } from './asking';
import { type Row, rowOf } from './rows';

type AllocationRoute = Extract<Route, { readonly id: string }>;

const NO_QUEUE: ReadonlyMap<string, number> = new Map();

export class AllocationPage extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    details: { state: true },
    reading: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: AllocationRoute;
  declare details: AllocationDetails | null;
  declare reading: 'reading' | 'read' | 'failed';

  #id = '';
  /** What the live list said when the details were read; they are read again when it says something else. */
  #readFor: string | null = null;

  static override styles = [shared, meterStyles, allocationPageStyles];

  constructor() {
    super();
    this.details = null;
    this.reading = 'reading';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#id = '';
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.route.id !== this.#id) this.#start(this.route.id);
    if (changed.has('snapshot')) this.#follow();
  }

  /** `r`: release it. */
  onKey(event: KeyboardEvent): boolean {
    if (event.key.toLowerCase() !== 'r' || !this.#canChange) return false;
    this.#release();
    return true;
  }

  override render() {
    const { details } = this;
    if (!details && this.reading === 'read') return this.#missing();
    if (!details && this.reading === 'failed') return this.#failed();
    const row = details ? rowOf(details, this.snapshot, this.#now, NO_QUEUE) : null;
    return html`
      <div class="head">
        <div class="names">
          <nav class="path" aria-label=${t('path')}>
            <a href=${this.app.router.href({ page: 'allocations', query: {} })}>${t('title')}</a>${chevron}
            <span aria-current="page">${details ? nameOf(details) : ''}</span>
          </nav>
          <div class="title">
            <h1>${details ? nameOf(details) : html`<span class="skeleton wait"></span>`}</h1>
            ${row ? statusOf({ ...row, queuePosition: details?.queuePosition ?? null }) : nothing}
            ${details?.statusReason ? html`<span class="reason" lang="en">${sentence(details.statusReason)}</span>` : nothing}
          </div>
        </div>
        ${details ? this.#actions(details) : nothing}
      </div>
      <allocation-changes .app=${this.app} .snapshot=${this.snapshot} @changed=${() => void this.#read()}></allocation-changes>
      ${details && row ? this.#content(details, row) : nothing}
    `;
  }

  #content(details: AllocationDetails, row: Row) {
    return html`<div class="columns">
      <div>${this.#facts(details, row)} ${this.#resources(details)}</div>
      <div>${this.#score(details)} ${this.#history(details)}</div>
    </div>`;
  }

  get #canChange(): boolean {
    const { details } = this;
    if (!details || isEnded(details) || this.snapshot.link.phase !== 'open') return false;
    return mayChange(this.snapshot.viewer, details);
  }

  #actions(details: AllocationDetails) {
    const { viewer, link } = this.snapshot;
    if (isEnded(details) || !viewer) return nothing;
    if (!mayChange(viewer, details)) {
      const may = viewer.permissions.includes('REQUEST_ALLOCATION');
      return html`<p class="locked">${lock}${t('locked')}: ${t(may ? 'mayNotThis' : 'mayNot')}</p>`;
    }
    const open = link.phase === 'open';
    return html`<div class="acts" role="group">
      <button class="button" aria-disabled=${!open} @click=${() => (open ? this.#changes?.setEnd([details]) : undefined)}>
        ${t('setEnd')}
      </button>
      <button class="button grave" aria-disabled=${!open} aria-keyshortcuts="r" @click=${() => (open ? this.#release() : undefined)}>
        ${t('release')}…
      </button>
      ${open ? nothing : html`<span class="locked">${t('offline')}</span>`}
    </div>`;
  }

  #facts(details: AllocationDetails, row: Row) {
    const { userId, teamId, namespace, podName, workloadType, priority, requestedTime, allocationTime } = details;
    const { plannedReleaseTime, endedTime, cpuMilli, hostMemoryMib, requestedMemoryGb, id } = details;
    const asked = [
      askedText(details),
      requestedMemoryGb === null ? '' : t('askedMemory', { n: requestedMemoryGb }),
      details.profileName === null ? '' : details.modelNames.map(shortModel).join(', '),
    ];
    return html`<section>
      <dl>
        ${fact(t('ownerOnly'), html`${userId} <span class="dim">${teamId}</span>`)}
        ${fact(t('workload'), t(`w.${workloadType}`))} ${fact(t('namespace'), namespace ?? UNKNOWN)}
        ${fact(t('pod'), podName ?? UNKNOWN)} ${fact(t('priority'), t(`p.${priority}`))}
        ${fact(t('gpus'), gpusText(details))}
        ${fact(
          t('utilization'),
          row.utilizationPct === null
            ? UNKNOWN
            : html`${meter(row.utilizationPct)}${percent(row.utilizationPct)}${row.idleMs === null ? nothing : html` <span class="dim">${t('idle')} ${idleText(row)}</span>`}`,
        )}
        ${fact(t('cost'), html`${UNKNOWN} <span class="dim">${t('noPrices')}</span>`)}
        ${fact(t('asked'), asked.filter(Boolean).join(' · '))}
        ${
          cpuMilli || hostMemoryMib
            ? fact(t('host'), t('hostOf', { cpu: cpuMilli / 1000, gib: gib(hostMemoryMib) }))
            : nothing
        }
        ${fact(t('requested'), timeText(requestedTime))} ${fact(t('started'), timeText(allocationTime))}
        ${
          endedTime === null
            ? fact(
                t('endsAt'),
                plannedReleaseTime === null
                  ? t('noEnd')
                  : html`${timeText(plannedReleaseTime)} <span class="dim">${endsText(row)}</span>`,
              )
            : fact(t('ended'), timeText(endedTime))
        }
        ${fact(t('id'), html`<span class="copied"><code>${id}</code><copy-button .what=${t('id')} .value=${id}></copy-button></span>`)}
      </dl>
    </section>`;
  }

  #resources(details: AllocationDetails) {
    const { resources } = details;
    const { layout } = this.snapshot;
    return html`<section>
      <h2>${isEnded(details) ? t('resourcesWere') : t('resources')}</h2>
      ${
        resources.length
          ? html`<table>
              <thead>
                <tr>
                  <th scope="col">${t('gpu')}</th>
                  <th scope="col">${t('part')}</th>
                  <th scope="col" class="right">${t('memory')}</th>
                </tr>
              </thead>
              <tbody>
                ${resources.map((resource) => {
                  const device = layout?.devices[layout.at.get(resource.deviceId) ?? -1];
                  const href = this.app.router.href({ page: 'device', id: resource.deviceId, query: {} });
                  return html`<tr>
                    <td>${device ? html`<a href=${href}>${gpuName(device)}</a>` : html`<span class="dim">${t('gone')}</span>`}</td>
                    <td>${partText(resource)}</td>
                    <td class="right">${t('gibOf', { n: gib(resource.memoryMib) })}</td>
                  </tr>`;
                })}
              </tbody>
            </table>`
          : html`<p>${t('resourcesNone')}</p>`
      }
    </section>`;
  }

  #score({ score, policy, scoreParts }: AllocationDetails) {
    return html`<section>
      <h2>${t('score')}</h2>
      ${
        score === null
          ? html`<p>${t('scoreNone')}</p>`
          : html`<p>${t('scoreOf', { score: rounded(score), policy: policy ?? UNKNOWN })}</p>
              <ul>
                ${scoreParts.map(
                  ({ name, value, meaning }) =>
                    html`<li lang="en"><b>${name}</b> <span>${rounded(value)}</span> <span class="dim">${meaning ?? ''}</span></li>`,
                )}
              </ul>`
      }
    </section>`;
  }

  #history({ history }: AllocationDetails) {
    return html`<section>
      <h2>${t('history')}</h2>
      <ol>
        ${history.map(
          ({ fromStatus, toStatus, changedAt, changedBy, reason }) => html`<li>
            <time datetime=${changedAt}>${timeText(changedAt)}</time>
            <b>${
              fromStatus === null
                ? t('begun', { after: t(toStatus) })
                : t('step', { before: t(fromStatus), after: t(toStatus) })
            }</b>
            <span>${t('by', { actor: changedBy })}</span>
            ${reason ? html`<span class="dim" lang="en">${sentence(reason)}</span>` : nothing}
          </li>`,
        )}
      </ol>
    </section>`;
  }

  #missing() {
    return html`<div class="nothing">
      <h1>${t('missing')}</h1>
      <p>${t('missingText', { id: this.#id })}</p>
      <a class="button" href=${this.app.router.href({ page: 'allocations', query: {} })}>${t('toList')}</a>
    </div>`;
  }

  #failed() {
    return html`<div class="nothing" role="alert">
      <h1>${t('failed')}</h1>
      <p>${this.snapshot.link.reason}</p>
      <button class="button" @click=${() => void this.#read()}>${t('tryAgain')}</button>
    </div>`;
  }

  #start(id: string): void {
    this.#id = id;
    this.#readFor = null;
    this.details = null;
    this.reading = 'reading';
  }

  /** Reads anew where the live list knows another version, or no longer knows it. */
  #follow(): void {
    const { link, allocations } = this.snapshot;
    if (link.phase === 'lost') this.#readFor = null;
    if (link.phase !== 'open') return;
    const live = allocations.byId.get(this.#id);
    const wanted = `${allocations.known} ${live?.version ?? ''}`;
    if (wanted === this.#readFor) return;
    this.#readFor = wanted;
    void this.#read();
  }

  async #read(): Promise<void> {
    const id = this.#id;
    try {
      const details = await readAllocation(this.app.link, id);
      if (id !== this.#id) return;
      this.details = details;
      this.reading = 'read';
    } catch {
      if (id === this.#id) this.reading = 'failed';
    }
  }

  get #changes(): AllocationChanges | null {
    return this.renderRoot.querySelector<AllocationChanges>('allocation-changes');
  }

  #release(): void {
    if (this.details) this.#changes?.release([this.details]);
  }

  /** The server's now, ms since the epoch. */
  get #now(): number {
    const { frame, sinceMs } = this.snapshot;
    return frame ? Date.parse(frame.asOf) + sinceMs : Date.now();
  }
}

function fact(name: string, value: unknown) {
  return html`<dt>${name}</dt>
    <dd>${value}</dd>`;
}

function partText({ profileName, placementStart, shareMilli }: AllocationDetails['resources'][number]): string {
  if (shareMilli !== null) return t('share', { share: shareMilli / 10 });
  return profileName === null ? t('whole') : t('slice', { profile: profileName, start: placementStart });
}

function timeText(time: string | null): string {
  return time === null ? UNKNOWN : moment(new Date(time));
}

function rounded(value: number): string {
  return (Math.round(value * 100) / 100).toFixed(2);
}

customElements.define('allocation-page', AllocationPage);
