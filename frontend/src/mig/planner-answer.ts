/** What the planned layouts would cost: what stops, how long it takes, what is so afterwards; and applying them. */

import { html, nothing } from 'lit';
import { duration, UNKNOWN } from '../format/format';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { check, lock, warning } from '../parts/icons';
import { shared } from '../parts/shared';
import { placeText } from './bar-model';
import { plannerAnswerStyles } from './planner-answer.styles';
import {
  answerOf,
  type BoardView,
  computeOf,
  type Consent,
  consentsOf,
  minutesText,
  placesChanged,
} from './planner-model';
import { t } from './planner.text';

/** An allocation may be released for the plan, or may not any more. */
export type ConsentGiven = CustomEvent<{ readonly allocationId: string; readonly may: boolean }>;

/** Why nothing can be applied at all; '' where it can. */
export type Bar = '' | 'role' | 'offline';

/** Fires `consent`, `check-again` and `apply`. */
export class PlannerAnswer extends PageElement {
  static override properties = {
    views: { attribute: false },
    released: { attribute: false },
    reader: {},
    bar: {},
    applying: { attribute: false },
    now: { attribute: false },
    failures: { attribute: false },
  };
  declare views: readonly BoardView[];
  declare released: ReadonlySet<string>;
  /** Who reads the page, as allocations name their users. */
  declare reader: string;
  declare bar: Bar;
  declare applying: boolean;
  /** The time on the page's clock. */
  declare now: number;
  /** What could not be applied, in words. */
  declare failures: readonly string[];

  static override styles = [shared, plannerAnswerStyles];

  override render() {
    const planned = this.views.filter(({ verdict }) => verdict !== 'none');
    if (!planned.length) return html`${this.#head([])} ${this.#failures()}`;
    const answered = planned.filter((view) => answerOf(view) !== null);
    return html`${this.#head(planned)}
      <div class=${planned.some(({ verdict }) => verdict === 'checking') ? 'faded' : ''}>
        ${answered.map((view) => this.#stops(view))} ${this.#phases(answered)} ${this.#after(answered)}
      </div>
      ${this.#apply(planned)} ${this.#failures()}`;
  }

  #head(planned: readonly BoardView[]) {
    const oldest = planned.reduce((at, { checked }) => Math.min(at, checked?.at ?? at), this.now);
    const checking = planned.some(({ verdict }) => verdict === 'checking');
    const asked = planned.some(({ checked }) => checked !== null);
    return html`<div class="section head">
      <h2>${t('dryRun')}</h2>
      <span class="age" role="status"
        >${checking ? t('checking') : asked ? t('against', { age: duration(this.now - oldest) }) : nothing}</span
      >
      ${planned.length ? this.#figures(planned) : html`<p class="hint">${t('dryRunEmpty')}</p>`}
      ${planned.some(({ verdict }) => verdict === 'old' || verdict === 'failed') ? this.#old(planned) : nothing}
    </div>`;
  }

  #figures(planned: readonly BoardView[]) {
    const answers = planned.flatMap((view) => answerOf(view) ?? []);
    const stops = answers.reduce((sum, answer) => sum + answer.stops.length, 0);
    const seconds = answers.reduce((most, answer) => Math.max(most, answer.seconds), 0);
    const known = answers.some(({ ready }) => ready);
    return html`<p class="figures">
      <span><b>${known ? stops : UNKNOWN}</b> ${t('stopCount', { n: stops })}</span>
      <span><b>${known ? minutesText(seconds) : UNKNOWN}</b> ${t('minutes')}</span>
      <span><b>${UNKNOWN}</b> ${t('lostOnce')}</span>
    </p>`;
  }

  #old(planned: readonly BoardView[]) {
    return html`<div class="old">
      ${warning}<span>${t(planned.some(({ verdict }) => verdict === 'failed') ? 'couldNotCheck' : 'tooOld')}</span>
      <button class="button" @click=${() => this.#tell('check-again')}>${t('checkAgain')}</button>
    </div>`;
  }

  #stops(view: BoardView) {
    const consents = consentsOf(view, this.released, this.reader);
    const n = view.board.deviceIndex;
    if (!consents.length && !answerOf(view)?.ready) return nothing;
    return html`<div class="section">
      <h2>${t('stopsOn', { n })}</h2>
      ${
        consents.length
          ? html`<ul>
              ${consents.map((consent) => this.#consent(consent))}
            </ul>`
          : html`<p class="fine">${check}${t('stopsNothing')}</p>`
      }
    </div>`;
  }

  #consent({ name, placement, movesTo, allocationId, released, holder }: Consent) {
    const moves = movesTo === null ? t('endsHere') : t('movesTo', { start: movesTo });
    return html`<li>
      ${released ? warning : lock}
      <div>
        <strong>${name}</strong> ${placement ? placeText(placement) : nothing}
        <p>${placement ? moves : nothing} ${holder === null ? t('yours') : holder === name ? nothing : holder}</p>
        ${allocationId === null ? html`<p>${t('hiddenHolder')}</p>` : nothing}
      </div>
      ${
        allocationId === null || this.bar === 'role'
          ? nothing
          : html`<label>
              <input
                type="checkbox"
                aria-label=${t('mayStopName', { name })}
                .checked=${released}
                @change=${(event: Event) =>
                  this.#tell('consent', { allocationId, may: (event.target as HTMLInputElement).checked })}
              />
              ${t('mayStop')}
            </label>`
      }
    </li>`;
  }

  /** GPUs change at the same time: the one that takes longest is shown. */
  #phases(views: readonly BoardView[]) {
    const secondsOf = (view: BoardView) => answerOf(view)?.seconds ?? 0;
    const [longest] = [...views].sort((a, b) => secondsOf(b) - secondsOf(a));
    const answer = longest ? answerOf(longest) : null;
    if (!longest || !answer?.phases.length) return nothing;
    let at = 0;
    return html`<div class="section">
      <h2>${t('phases', { n: longest.board.deviceIndex })}</h2>
      <dl class="phases">
        ${answer.phases.map(({ name, seconds }) => {
          const from = at;
          at += seconds;
          const share = (value: number) => `${((100 * value) / answer.seconds).toFixed(2)}%`;
          return html`<div>
            <dt>${t(`phase.${name}`)}</dt>
            <dd class="track" aria-hidden="true">
              <i
                class=${name === 'EVICT' ? 'stop' : ''}
                ${cssVars({ '--from': share(from), '--share': share(seconds) })}
              ></i>
            </dd>
            <dd>${t('phaseSeconds', { n: Math.round(seconds) })}</dd>
          </div>`;
        })}
      </dl>
    </div>`;
  }

  #after(views: readonly BoardView[]) {
    const ready = views.filter((view) => answerOf(view)?.ready);
    if (!ready.length) return nothing;
    const rows = ready.flatMap((view) => {
      const n = view.board.deviceIndex;
      const { now, after, all } = computeOf(view);
      const { fragmentationBefore: was, fragmentationAfter: is } = answerOf(view) ?? {};
      return [
        [t('computeInUse', { n }), t('ofAll', { before: now, after, all })] as const,
        [t('fragmentationOf', { n }), t('change', { before: ratio(was), after: ratio(is) })] as const,
      ];
    });
    const places = placesChanged(ready).map(
      ({ name, before, after }) => [t('placesOf', { profile: name }), t('change', { before, after })] as const,
    );
    return html`<div class="section">
      <h2>${t('afterwards')}</h2>
      <dl class="rows">
        ${[...rows, ...places].map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
      </dl>
    </div>`;
  }

  #apply(planned: readonly BoardView[]) {
    const ready = planned.filter(({ verdict }) => verdict === 'ready');
    const list = ready.map(({ board }) => board.deviceIndex).join(', ');
    const part = ready.length > 0 && ready.length < planned.length;
    const off = this.bar !== '' || this.applying || ready.length === 0;
    const why = {
      '': ready.length ? t('applyWhy') : t('applyWait'),
      role: t('needsOperator'),
      offline: t('offline'),
    }[this.bar];
    return html`<div class="section apply">
      <button
        class="button primary"
        aria-disabled=${off}
        aria-busy=${this.applying}
        aria-describedby="why"
        @click=${() => (off ? undefined : this.#tell('apply'))}
      >
        ${this.bar === 'role' ? lock : nothing}${this.applying ? t('applying') : part ? t('applyOnly', { list }) : t('apply')}
      </button>
      <p class="hint" id="why">${why}</p>
    </div>`;
  }

  #failures() {
    if (!this.failures.length) return nothing;
    return html`<div class="failures" role="alert">
      <ul>
        ${this.failures.map((text) => html`<li>${text}</li>`)}
      </ul>
    </div>`;
  }

  #tell(name: 'consent' | 'check-again' | 'apply', detail: unknown = null): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** 0.50; – where there is none */
function ratio(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : value.toFixed(2);
}

customElements.define('planner-answer', PlannerAnswer);
