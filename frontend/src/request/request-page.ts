/** Asking for GPUs: the form, and the answer that follows it. */

import { html, nothing, type PropertyValues } from 'lit';
import type { App, Page } from '../app/app';
import type { Route } from '../app/routes';
import { type Allocations, type Quota, readQuotas } from '../data/allocations';
import type { Snapshot } from '../data/fleet';
import { sentence } from '../format/format';
import { PageElement } from '../parts/element';
import { cross, lock, warning } from '../parts/icons';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import { DryRun, NOT_ASKED, type Told, validAnswer } from './dry-run';
import { askedOf, countOf, EMPTY, type Field, fieldOf, type Form } from './form';
import { takes } from './place-words';
import './request-answer';
import './request-form';
import { hoursText, type RequestForm } from './request-form';
import { pageStyles } from './request-page.styles';
import { t } from './request.text';
import { Sending } from './sending';
import './sent-answer';

/** Why nothing can be sent now. */
type Off = 'offRefused' | 'offOld' | 'offOffline' | 'offEmpty' | 'offFaulty';

export class RequestPage extends PageElement implements Page {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    form: { state: true },
    quotas: { state: true },
    details: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;
  declare form: Form;
  /** null: not read yet. */
  declare quotas: readonly Quota[] | null;
  /** On a phone: whether the details of the answer are shown. */
  declare details: boolean;

  #run: DryRun | null = null;
  #sending: Sending | null = null;
  #allocations: Allocations | null = null;
  /** Since when it has had an answer: what the fleet looked like when quotas were read. */
  #quotasFor: Allocations | null = null;

  static override styles = [shared, pageStyles];

  constructor() {
    super();
    this.form = EMPTY;
    this.quotas = null;
    this.details = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.#onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.#onKey);
    this.#run?.stop();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    this.#run ??= new DryRun(this.app.link, () => this.requestUpdate());
    this.#sending ??= new Sending(this.app.link, () => this.requestUpdate());
    if (changed.has('snapshot')) this.#see();
  }

  override render() {
    const { viewer } = this.snapshot;
    if (viewer && !viewer.permissions.includes('REQUEST_ALLOCATION')) return this.#mayNot();
    const send = this.#sending?.state ?? { phase: 'idle' };
    const sent = send.phase === 'answered' && send.answer.allocation ? send.answer : null;
    const run = this.#run?.state ?? NOT_ASKED;
    return html`<div class="columns">
      <div class="main">
        <div class="title">
          <h1>${t('title')}</h1>
          <a href=${this.app.router.href({ page: 'allocations', query: {} })}>${t('toAllocations')}</a>
        </div>
        <request-form
          .snapshot=${this.snapshot}
          .form=${this.form}
          .faults=${this.#faults}
          .quotas=${this.quotas}
          .more=${sent ? 0 : this.#takes()}
          @change-form=${({ detail }: CustomEvent<Form>) => this.#change(detail)}
        ></request-form>
      </div>
      <aside aria-label=${t('answer')} class=${this.details ? 'open' : ''}>
        <div class="scroll">
          ${
            sent
              ? html`<sent-answer .app=${this.app} .answer=${sent} @another=${() => this.#another()}></sent-answer>`
              : html`<request-answer
                  .app=${this.app}
                  .snapshot=${this.snapshot}
                  .form=${this.form}
                  .run=${run}
                  .now=${performance.now()}
                  .open=${this.details}
                  @apply=${({ detail }: CustomEvent<Form>) => this.#change(detail)}
                  @again=${() => this.#run?.again()}
                ></request-answer>`
          }
        </div>
        ${sent ? nothing : this.#footer()}
      </aside>
    </div>`;
  }

  #footer() {
    const send = this.#sending?.state ?? { phase: 'idle' };
    const off = this.#off();
    const unanswered = send.phase === 'unanswered';
    const text = send.phase === 'sending' ? t('sending') : unanswered ? t('sendAgain') : this.#verb();
    const isOff = send.phase === 'sending' || (unanswered ? !this.#isOpen : off !== null);
    return html`<footer>
      ${this.#sendProblem()}
      <div class="buttons">
        <button
          class="button primary send"
          aria-disabled=${isOff}
          aria-describedby="off"
          aria-keyshortcuts="Control+Enter Meta+Enter"
          @click=${() => this.#send()}
        >
          ${text}
        </button>
        ${unanswered ? html`<button class="button" @click=${() => this.#sending?.clear()}>${t('giveUp')}</button>` : nothing}
        <button
          class="button why"
          aria-expanded=${this.details}
          @click=${() => {
            this.details = !this.details;
          }}
        >
          ${this.details ? t('hideDetails') : t('details')}
        </button>
        <span id="off" class="off">${off && !unanswered && send.phase !== 'sending' ? t(off) : ''}</span>
        <span class="keys" aria-hidden="true"><kbd>${/mac/i.test(navigator.platform) ? '⌘' : 'Ctrl'}</kbd> <kbd>Enter</kbd></span>
      </div>
    </footer>`;
  }

  #sendProblem() {
    const send = this.#sending?.state;
    if (send?.phase === 'unanswered')
      return html`<p class="problem warn" role="alert">${warning}${t('unanswered')}</p>`;
    const words =
      send?.phase === 'refused' && fieldOf(send.fault.path) === null
        ? send.fault.message
        : send?.phase === 'answered'
          ? send.answer.message
          : this.#wholeFault;
    if (words === null) return nothing;
    return html`<p class="problem crit" role="alert">
      ${cross}<span>${send?.phase === 'answered' ? `${t('sentRefused')}: ` : ''}<span lang="en">${sentence(words)}</span></span>
    </p>`;
  }

  /** What the server finds wrong and no field can show. */
  get #wholeFault(): string | null {
    const fault = this.#run?.state.fault ?? null;
    return fault && fieldOf(fault.path) === null ? fault.message : null;
  }

  get #faults(): ReadonlyMap<Field, string | null> {
    const faults = new Map<Field, string | null>((this.#run?.state.wrong ?? []).map((field) => [field, null]));
    const send = this.#sending?.state;
    for (const fault of [this.#run?.state.fault, send?.phase === 'refused' ? send.fault : null]) {
      const field = fault ? fieldOf(fault.path) : null;
      if (fault && field) faults.set(field, fault.message);
    }
    return faults;
  }

  get #isOpen(): boolean {
    return this.snapshot.link.phase === 'open';
  }

  get #told(): Told | null {
    return this.#run ? validAnswer(this.#run.state, performance.now()) : null;
  }

  #off(): Off | null {
    const phase = this.#run?.state.phase ?? 'empty';
    if (!this.#isOpen) return 'offOffline';
    if (phase === 'empty') return 'offEmpty';
    if (phase === 'faulty') return 'offFaulty';
    const told = this.#told;
    if (!told) return 'offOld';
    return told.answer.granted || told.answer.status === 'QUEUED' ? null : 'offRefused';
  }

  /** Request 2 × H100 for 8 h; Queue the request */
  #verb(): string {
    const told = this.#run?.state.told ?? null;
    if (told?.answer.status === 'QUEUED') return t('sendQueue');
    const what = t('gpus', { n: countOf(this.form) ?? 1 });
    return this.form.hours.trim() ? t('sendFor', { what, time: hoursText(this.form.hours) }) : t('send', { what });
  }

  #takes(): number {
    const place = this.#run?.state.told?.answer.place;
    return place ? takes(place) : 0;
  }

  /** Lets the answer follow the form, time, and the fleet. */
  #see(): void {
    const { snapshot } = this;
    const run = this.#run;
    if (!run || !snapshot.viewer?.permissions.includes('REQUEST_ALLOCATION')) return;
    const open = this.#isOpen;
    if (open && this.#sending?.state.phase !== 'answered') run.follow(askedOf(this.#inCluster));
    if (this.#allocations?.known && this.#allocations !== snapshot.allocations) run.moved();
    this.#allocations = snapshot.allocations;
    if (open) run.tick(performance.now());
    if (open && this.#quotasFor !== snapshot.allocations) void this.#readQuotas(snapshot.allocations);
  }

  async #readQuotas(since: Allocations): Promise<void> {
    this.#quotasFor = since;
    try {
      this.quotas = await readQuotas(this.app.link);
    } catch {
      this.#quotasFor = null; // with the next snapshot
    }
  }

  /** A page that looks at one cluster asks for that one, unless the form names another. */
  get #inCluster(): Form {
    return this.form.cluster === '' && this.snapshot.cluster !== null
      ? { ...this.form, cluster: this.snapshot.cluster }
      : this.form;
  }

  #change(form: Form): void {
    this.form = form;
    const phase = this.#sending?.state.phase;
    if (phase === 'answered' || phase === 'refused') this.#sending?.clear();
    if (this.#isOpen) this.#run?.follow(askedOf(this.#inCluster));
  }

  #another(): void {
    this.#sending?.clear();
    this.#run?.again();
  }

  #send(): void {
    const sending = this.#sending;
    const asked = askedOf(this.#inCluster);
    if (!sending || sending.state.phase === 'sending' || !this.#isOpen) return;
    if (sending.state.phase !== 'unanswered' && this.#off() !== null) {
      this.renderRoot.querySelector<RequestForm>('request-form')?.focusFault();
      return;
    }
    if ('input' in asked) void sending.send(asked.input).then(() => this.#afterSend());
  }

  /** The keyboard goes to what came of it. */
  async #afterSend(): Promise<void> {
    this.#run?.again();
    await this.updateComplete;
    const sent = this.renderRoot.querySelector<PageElement>('sent-answer');
    await sent?.updateComplete;
    sent?.renderRoot.querySelector<HTMLElement>('h2')?.focus();
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!command || event.key !== 'Enter' || event.defaultPrevented || event.isComposing) return;
    if (event.composedPath().some((target) => target instanceof HTMLDialogElement)) return;
    event.preventDefault();
    this.#send();
  };

  #mayNot() {
    const role = this.snapshot.viewer?.role ?? 'VIEWER';
    return html`<div class="locked">
      <h1>${t('title')}</h1>
      <div class="message">
        ${lock}
        <div><strong>${t('mayNot')}</strong><p>${t('mayNotText', { role: stateWord(role) })}</p></div>
      </div>
    </div>`;
  }
}

customElements.define('request-page', RequestPage);
