/** What can be done with some GPUs: offers the legal steps, asks before those that disrupt, tells what came of them. */

import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import { isFailure, type Outcome, readSteps, setStatuses, type StatusChange, type Steps } from '../data/actions';
import { newestChange } from '../data/device';
import type { Snapshot } from '../data/fleet';
import { gpuName, sentence } from '../format/format';
import type { Answered, Question } from '../parts/confirm-dialog';
import '../parts/confirm-dialog';
import { PageElement } from '../parts/element';
import { close, lock } from '../parts/icons';
import { shared } from '../parts/shared';
import { styles } from './device-actions.styles';
import { t } from './device-actions.text';
import { type Action, ASKED, changesOf, type Offer, offersOf, stepsAfter, undoOf } from './device-steps';

/** Failures that are listed by name; the rest is counted. */
const FAILURES_LISTED = 8;

/** An action on its way. */
interface Running {
  readonly action: Action;
  readonly done: number;
  readonly all: number;
}

export class DeviceActions extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    deviceIds: { attribute: false },
    steps: { state: true },
    unread: { state: true },
    running: { state: true },
    asked: { state: true },
    outcomes: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare deviceIds: readonly string[];
  /** null: not read yet. */
  declare steps: readonly Steps[] | null;
  declare unread: boolean;
  declare running: Running | null;
  /** What the dialog asks about. */
  declare asked: Offer | null;
  /** Of the newest action. */
  declare outcomes: readonly Outcome[];

  /** What the steps were last read for: GPUs, newest change, connection. */
  #readFor = '';

  static override styles = [shared, styles];

  constructor() {
    super();
    this.deviceIds = [];
    this.steps = null;
    this.unread = false;
    this.running = null;
    this.asked = null;
    this.outcomes = [];
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('deviceIds') && this.deviceIds.join() !== (changed.get('deviceIds') ?? []).join()) this.#start();
    // What was read before a loss may have changed meanwhile.
    if (!this.#isOpen) this.#readFor = '';
    else if (this.#mayAct) this.#readWhenChanged();
  }

  override render() {
    if (!this.snapshot.viewer || !this.deviceIds.length) return nothing;
    if (!this.#mayAct) return this.#locked();
    const offers = offersOf(this.steps ?? []);
    return html`
      <div class="row" role="group" aria-label=${t('group')}>
        ${repeat(
          offers,
          ({ action }) => action,
          (offer) => this.#button(offer),
        )}
        ${!this.#isOpen && offers.length ? html`<span class="why" id="why">${t('offline')}</span>` : nothing}
        ${this.unread ? this.#unread() : nothing}
      </div>
      ${this.#failures()}
      <confirm-dialog .question=${this.#question} @answered=${this.#onAnswered}></confirm-dialog>
    `;
  }

  get #mayAct(): boolean {
    return this.snapshot.viewer?.permissions.includes('SET_DEVICE_STATUS') ?? false;
  }

  get #isOpen(): boolean {
    return this.snapshot.link.phase === 'open';
  }

  #start(): void {
    this.steps = null;
    this.outcomes = [];
    this.asked = null;
  }

  #readWhenChanged(): void {
    const change = newestChange(this.snapshot.exceptions.changes, new Set(this.deviceIds));
    const wanted = `${this.deviceIds.join()} ${change}`;
    if (wanted === this.#readFor) return;
    this.#readFor = wanted;
    void this.#read();
  }

  async #read(): Promise<void> {
    const ids = this.deviceIds;
    try {
      const steps = await readSteps(this.app.link, ids);
      if (ids.join() !== this.deviceIds.join()) return;
      this.steps = steps;
      this.unread = false;
    } catch {
      this.unread = true;
    }
  }

  #locked() {
    return html`<span class="locked">
      <button class="button" aria-disabled="true" aria-describedby="why">${lock}${t('locked')}</button>
      <span class="why" id="why" role="tooltip">${t('needsOperator')}</span>
    </span>`;
  }

  #unread() {
    return html`<span class="why" role="alert">${t('unread')}</span>
      <button class="button" @click=${this.#read}>${t('tryAgain')}</button>`;
  }

  #button(offer: Offer) {
    const { running } = this;
    const { action } = offer;
    const off = running !== null || !this.#isOpen;
    const itself = running?.action === action;
    return html`<button
      data-action=${action}
      class="button ${itself ? 'running' : ''} ${action === 'retire' ? 'grave' : ''}"
      aria-disabled=${off && !itself}
      aria-describedby=${this.#isOpen ? nothing : 'why'}
      aria-busy=${itself}
      @click=${() => (off ? undefined : this.#choose(offer))}
    >
      ${itself ? html`<span class="spinner"></span>${progressText(running)}` : this.#verb(offer)}
    </button>`;
  }

  /** Cordon; Drain…; Cordon 8 GPUs; Drain 5 of 8 GPUs… */
  #verb({ action, devices: { length: n } }: Offer): string {
    const all = this.steps?.length ?? 0;
    const one = t(`${action}.verb`);
    const verb = all === 1 ? one : t(n === all ? 'several' : 'partly', { verb: one, n, all });
    return ASKED.has(action) ? t('asks', { verb }) : verb;
  }

  #choose(offer: Offer): void {
    this.outcomes = [];
    if (ASKED.has(offer.action)) this.asked = offer;
    else void this.#act(offer, null);
  }

  get #question(): Question | null {
    if (!this.asked) return null;
    const { action, devices } = this.asked;
    if (action === 'cordon' || action === 'return') return null;
    const grave = action === 'retire';
    return {
      heading: t(`${action}.heading`, { name: nameOf(devices) }),
      consequence: t(`${action}.text`),
      verb: action === 'maintain' ? t('maintain.yes') : t(`${action}.verb`),
      grave,
      word: grave ? wordOf(devices) : null,
    };
  }

  #onAnswered({ detail: { yes, reason } }: Answered): void {
    const offer = this.asked;
    this.asked = null;
    if (yes && offer) void this.#act(offer, reason);
  }

  async #act(offer: Offer, reason: string | null): Promise<void> {
    const { action } = offer;
    const outcomes = await this.#make(action, changesOf(offer, reason));
    const done = outcomes.filter((outcome) => !isFailure(outcome)).map(({ change }) => change.device);
    this.outcomes = outcomes;
    if (done.length) this.#tell(action, done, undoOf(outcomes));
    if (!this.isConnected) this.#failuresOf(outcomes).forEach((text) => this.#toast('error', text));
    this.dispatchEvent(new CustomEvent('acted', { detail: outcomes, bubbles: true, composed: true }));
  }

  /** Makes the changes and keeps count of them on the button. */
  async #make(action: Action, changes: readonly StatusChange[]): Promise<readonly Outcome[]> {
    this.running = { action, done: 0, all: changes.length };
    const outcomes = await setStatuses(this.app.link, changes, () => {
      if (this.running) this.running = { ...this.running, done: this.running.done + 1 };
    });
    this.running = null;
    this.steps = stepsAfter(this.steps ?? [], outcomes);
    if (outcomes.some(isFailure)) void this.#read();
    await this.#keepFocus(action);
    return outcomes;
  }

  /** The button that was pressed may be gone: then the first one has the focus. */
  async #keepFocus(action: Action): Promise<void> {
    const had = this.#focused()?.getAttribute('data-action') === action;
    await this.updateComplete;
    if (had && !this.#focused()) this.renderRoot.querySelector<HTMLElement>('.row .button')?.focus();
  }

  #focused(): Element | null {
    return this.shadowRoot?.activeElement ?? null;
  }

  #tell(action: Action, done: readonly Steps[], back: readonly StatusChange[]): void {
    const undo = { label: t('undo'), run: () => void this.#undo(back) };
    const undoable = back.length && !ASKED.has(action);
    this.#toast('ok', t(`${action}.done`, { name: nameOf(done) }), undoable ? undo : null);
  }

  async #undo(back: readonly StatusChange[]): Promise<void> {
    const outcomes = await setStatuses(this.app.link, back);
    this.steps = stepsAfter(this.steps ?? [], outcomes);
    const undone = outcomes.filter((outcome) => !isFailure(outcome)).map(({ change }) => change.device);
    if (undone.length) this.#toast('ok', t('undone', { name: nameOf(undone) }));
    for (const { change, failure } of outcomes.filter(isFailure)) {
      this.#toast('error', t('undoFailed', { name: gpuName(change.device), failure: failureText(failure) }));
    }
  }

  #toast(kind: 'ok' | 'error', text: string, action: { label: string; run: () => void } | null = null): void {
    this.app.toasts.add({ kind, text, action });
  }

  #failures() {
    const texts = this.#failuresOf(this.outcomes);
    if (!texts.length) return nothing;
    const all = this.outcomes.length;
    return html`<div class="failures" role="alert">
      <div class="row">
        <div>
          ${all > 1 ? html`<p>${t('someFailed', { failed: texts.length, all })}</p>` : nothing}
          <ul>
            ${texts.slice(0, FAILURES_LISTED).map((text) => html`<li>${text}</li>`)}
            ${texts.length > FAILURES_LISTED ? html`<li>${t('moreFailed', { n: texts.length - FAILURES_LISTED })}</li>` : nothing}
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
      </div>
    </div>`;
  }

  #failuresOf(outcomes: readonly Outcome[]): readonly string[] {
    return outcomes.filter(isFailure).map(({ change, failure }) => {
      const text = failureText(failure);
      return outcomes.length === 1 ? text : t('failure', { name: gpuName(change.device), failure: text });
    });
  }
}

function failureText(failure: string | null): string {
  return failure === null ? t('noAnswer') : sentence(failure);
}

function progressText({ action, done, all }: Running): string {
  const doing = t(`${action}.doing`);
  return all === 1 ? doing : t('progress', { doing, done, all });
}

/** h100-07 · GPU 3; 8 GPUs */
function nameOf(devices: readonly Steps[]): string {
  const [first] = devices;
  return devices.length === 1 && first ? gpuName(first) : t('gpus', { n: devices.length });
}

/** What has to be typed: h100-07/3; 8 for eight GPUs. */
function wordOf(devices: readonly Steps[]): string {
  const [first] = devices;
  return devices.length === 1 && first ? `${first.node.nodeName}/${first.deviceIndex}` : String(devices.length);
}

customElements.define('device-actions', DeviceActions);
