/** Who holds a GPU, as a section of its page. */

import { css, html, nothing } from 'lit';
import type { App } from '../app/app';
import type { Snapshot } from '../data/fleet';
import { HELD_MB, USE_PCT } from '../data/states';
import { duration } from '../format/format';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { endsText, resourceText, secondName, statusOf } from './allocation-cells';
import { t } from './allocations.text';
import { rowOf } from './rows';

const NO_QUEUE: ReadonlyMap<string, number> = new Map();

export class DeviceHolders extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    deviceId: { attribute: false },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare deviceId: string;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 12px 20px;
        border-bottom: 1px solid var(--line);
      }
      h2 {
        margin: 0 0 4px;
        font: 600 13px/18px var(--font);
      }
      p {
        margin: 0;
        color: var(--t3);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: minmax(120px, 2fr) minmax(100px, 2fr) minmax(90px, 1fr) 84px 120px minmax(110px, 1fr);
        gap: 4px 12px;
        align-items: center;
        min-height: 29px;
        padding: 4px 0;
        border-top: 1px solid var(--line);
        color: var(--t2);
        font: 12.5px/17px var(--font);
      }
      a {
        color: var(--acc);
        font-weight: 500;
        text-decoration: none;
        overflow-wrap: anywhere;
      }
      a:hover {
        text-decoration: underline;
      }
      .dim {
        color: var(--t3);
      }
      @media (max-width: 759px) {
        :host {
          padding: 12px 16px;
        }
        li {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        a {
          display: inline-flex;
          align-items: center;
          min-height: 32px;
        }
      }
    `,
  ];

  override render() {
    const { known, byDevice } = this.snapshot.allocations;
    const holders = byDevice.get(this.deviceId) ?? [];
    return html`<h2>${t('holders')}</h2>
      ${
        holders.length
          ? html`<ul>
              ${holders.map((holder) => this.#holder(holder.id))}
            </ul>`
          : html`<p>${known ? this.#none() : t('holdersUnknown')}</p>`
      }
      ${this.#partlySeen && holders.length ? html`<p>${t('rightsHint')}</p>` : nothing}`;
  }

  #holder(id: string) {
    const { frame, sinceMs, allocations } = this.snapshot;
    const allocation = allocations.byId.get(id);
    if (!allocation) return nothing;
    const now = frame ? Date.parse(frame.asOf) + sinceMs : Date.now();
    const row = rowOf(allocation, this.snapshot, now, NO_QUEUE);
    const ends = allocation.plannedReleaseTime === null ? t('noEnd') : `${t('ends')} ${endsText(row)}`;
    return html`<li>
      <span><a href=${this.app.router.href({ page: 'allocation', id, query: {} })}>${row.name}</a>
        <span class="dim">${secondName(allocation, row.name)}</span></span>
      <span>${allocation.userId} <span class="dim">${allocation.teamId}</span></span>
      <span>${resourceText(allocation, row.modelName)}</span>
      <span>${duration(Math.max(0, now - row.since))}</span>
      <span>${ends}</span>
      <span>${statusOf(row)}</span>
    </li>`;
  }

  /** Without an allocation it may be used all the same; that is said. */
  #none(): string {
    if (this.#partlySeen) return t('holdersSeen');
    const { layout, frame, judged } = this.snapshot;
    const at = layout?.at.get(this.deviceId);
    if (at === undefined || !frame || judged?.stale[at]) return t('holdersNone');
    if ((frame.gpuUtilizationPct[at] ?? 0) >= USE_PCT) return t('holdersUsed');
    return (frame.memoryUsedMb[at] ?? 0) >= HELD_MB ? t('holdersMemory') : t('holdersNone');
  }

  /** Whether there may be holders that this reader does not see. */
  get #partlySeen(): boolean {
    const { viewer } = this.snapshot;
    return viewer !== null && !viewer.permissions.includes('READ_ALL_ALLOCATIONS');
  }
}

customElements.define('device-holders', DeviceHolders);
