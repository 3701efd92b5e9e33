/** Releasing allocations and moving their end: asks first, does each by itself, tells what came of every one. */

import { css, html, nothing } from 'lit';
import type { App } from '../app/app';
import type { Allocation } from '../data/allocations';
import type { Snapshot } from '../data/fleet';
import { type Change, changeAll, type Changed } from '../data/requests';
import { sentence } from '../format/format';
import type { Answered } from '../parts/confirm-dialog';
import '../parts/confirm-dialog';
import { PageElement } from '../parts/element';
import { close } from '../parts/icons';
import { shared } from '../parts/shared';
import { t } from './allocations.text';
import { nameOf, releaseQuestion } from './asking';
import './end-dialog';
import type { NewEnd } from './end-dialog';

/** Failures that are listed by name; the rest is counted. */
const FAILURES_LISTED = 8;

interface Asked {
  readonly what: 'release' | 'end';
  readonly allocations: readonly Allocation[];
}

/** Fires `changed` with every outcome. */
export class AllocationChanges extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    asked: { state: true },
    running: { state: true },
    outcomes: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare asked: Asked | null;
  declare running: { readonly kind: Change['kind']; readonly done: number; readonly all: number } | null;
  /** Of the newest change. */
  declare outcomes: readonly Changed[];

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .running {
        margin: 8px 20px;
        color: var(--t2);
      }
      .failures {
        display: flex;
        align-items: start;
        justify-content: space-between;
        gap: 12px;
        margin: 8px 20px;
        padding: 6px 6px 6px 10px;
        border-left: 2px solid var(--critmark);
        background: var(--critbg);
        color: var(--crit);
      }
      p,
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .failures button {
        min-width: 24px;
        min-height: 24px;
        padding: 2px;
        border: 0;
        background: none;
        color: inherit;
      }
      @media (max-width: 759px) {
        .failures,
        .running {
          margin: 8px 16px;
        }
        .failures button {
          min-width: 44px;
          min-height: 44px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.asked = null;
    this.running = null;
    this.outcomes = [];
  }

  /** Asks whether to release these; their owners are named. */
  release(allocations: readonly Allocation[]): void {
    if (allocations.length && !this.running) this.asked = { what: 'release', allocations };
  }

  /** Asks for a new end of these. */
  setEnd(allocations: readonly Allocation[]): void {
    if (allocations.length && !this.running) this.asked = { what: 'end', allocations };
  }

  override render() {
    const { asked, running } = this;
    const question = asked?.what === 'release' ? releaseQuestion(asked.allocations, this.snapshot.viewer) : null;
    return html`${
      running
        ? html`<p class="running" role="status">${t(running.kind === 'release' ? 'releasing' : 'extending', { done: running.done, all: running.all })}</p>`
        : nothing
    }
    ${this.#failures()}
    <confirm-dialog .question=${question} @answered=${this.#onReleaseAnswered}></confirm-dialog>
    <end-dialog .heading=${asked?.what === 'end' ? endHeading(asked.allocations) : null} @end-answered=${this.#onEndAnswered}></end-dialog>`;
  }

  #onReleaseAnswered({ detail: { yes, reason } }: Answered): void {
    const allocations = this.asked?.allocations ?? [];
    this.asked = null;
    if (yes) void this.#change(allocations, { kind: 'release', reason });
  }

  #onEndAnswered({ detail }: CustomEvent<NewEnd | null>): void {
    const allocations = this.asked?.allocations ?? [];
    this.asked = null;
    if (detail) void this.#change(allocations, { kind: 'extend', hours: detail.hours, reason: null });
  }

  async #change(allocations: readonly Allocation[], change: Change): Promise<void> {
    this.outcomes = [];
    this.running = { kind: change.kind, done: 0, all: allocations.length };
    const outcomes = await changeAll(this.app.link, allocations, change, () => {
      if (this.running) this.running = { ...this.running, done: this.running.done + 1 };
    });
    this.running = null;
    this.outcomes = outcomes;
    const n = outcomes.filter((outcome) => 'now' in outcome).length;
    const text = t(change.kind === 'release' ? 'released' : 'extended', { n });
    if (n) this.app.toasts.add({ kind: 'ok', text, action: null });
    if (!this.isConnected) {
      for (const line of failureLines(outcomes)) this.app.toasts.add({ kind: 'error', text: line, action: null });
    }
    this.dispatchEvent(new CustomEvent('changed', { detail: outcomes }));
  }

  #failures() {
    const lines = failureLines(this.outcomes);
    if (!lines.length) return nothing;
    const all = this.outcomes.length;
    return html`<div class="failures" role="alert">
      <div>
        ${all > 1 ? html`<p>${t('someFailed', { failed: lines.length, all })}</p>` : nothing}
        <ul>
          ${lines.slice(0, FAILURES_LISTED).map((line) => html`<li>${line}</li>`)}
          ${lines.length > FAILURES_LISTED ? html`<li>${t('moreFailed', { n: lines.length - FAILURES_LISTED })}</li>` : nothing}
        </ul>
      </div>
      <button
        aria-label=${t('dismiss')}
        @click=${() => {
          this.outcomes = [];
        }}
      >
        ${close}
      </button>
    </div>`;
  }
}

function failureLines(outcomes: readonly Changed[]): readonly string[] {
  return outcomes.flatMap((outcome) => {
    if ('now' in outcome) return [];
    const failure = outcome.failure === null ? t('noAnswer') : sentence(outcome.failure);
    return [t('failure', { name: nameOf(outcome.allocation), failure })];
  });
}

function endHeading(allocations: readonly Allocation[]): string {
  const [first] = allocations;
  return allocations.length === 1 && first
    ? t('end.heading', { name: nameOf(first) })
    : t('end.headingMany', { n: allocations.length });
}

customElements.define('allocation-changes', AllocationChanges);
