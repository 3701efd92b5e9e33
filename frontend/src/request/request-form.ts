/** The form of a request. It holds nothing itself: every change is told, and what is shown is what it is given. */

import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import { type Quota, teamOf } from '../data/allocations';
import type { Snapshot } from '../data/fleet';
import { moment, percent, sentence, shortModel } from '../format/format';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { BYS, countOf, changed, type Field, type Form, HOURS, type Kind, KINDS, kindProblem, MORE } from './form';
import { numberOf, PRIORITIES, SPREADS, WORKLOADS } from './form';
import { formStyles } from './request-form.styles';
import { bindingQuotas, gpusText } from './quotas';
import { t } from './request.text';

const HOUR_MS = 3_600_000;

/** Fires `change-form` with the new form. */
export class RequestForm extends PageElement {
  static override properties = {
    snapshot: { attribute: false },
    form: { attribute: false },
    faults: { attribute: false },
    quotas: { attribute: false },
    more: { attribute: false },
    opened: { state: true },
  };
  declare snapshot: Snapshot;
  declare form: Form;
  /** What is wrong with a field, in words of a language; null: it is not a number. */
  declare faults: ReadonlyMap<Field, string | null>;
  declare quotas: readonly Quota[] | null;
  /** GPU-equivalents that a granted request would add to what is held. */
  declare more: number;
  /** Whether the fields below "More" are shown. */
  declare opened: boolean;

  static override styles = [shared, formStyles];

  constructor() {
    super();
    this.faults = new Map();
    this.quotas = null;
    this.more = 0;
    this.opened = false;
  }

  /** Puts the keyboard where the first fault is. */
  focusFault(): void {
    this.renderRoot.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }

  override render() {
    return html`<form @submit=${(event: Event) => event.preventDefault()}>
      ${this.#whatFor()} ${this.#howBig()} ${this.#howShared()} ${this.#howLong()} ${this.#forWhom()}
      ${this.#ifFull()} ${this.#leftOver()} ${this.#more()}
    </form>`;
  }

  #whatFor() {
    return row(
      t('whatFor'),
      html`<div class="cards">
        ${WORKLOADS.map((workload) =>
          this.#card('workload', workload, t(workload), t(`${workload}.hint`), this.form.workload === workload),
        )}
      </div>`,
    );
  }

  #howBig() {
    const { form } = this;
    const several = (countOf(form) ?? 1) > 1;
    return row(
      t('howBig'),
      html`<div class="segments" role="group" aria-label=${t('by')}>
          ${BYS.map(
            (by) =>
              html`<button type="button" aria-pressed=${form.by === by} @click=${() => this.#change({ by })}>${t(`by.${by}`)}</button>`,
          )}
        </div>
        <div class="fields">
          ${form.by === 'memory' ? this.#text('memory', t('memory'), { numeric: true }) : nothing}
          ${form.by === 'profile' ? this.#text('profile', t('profile'), { hint: t('profileHint') }) : nothing}
          ${this.#text('count', form.by === 'profile' ? t('countSlices') : t('count'), { numeric: true })}
          ${
            several
              ? this.#select(
                  'spread',
                  t('spread'),
                  SPREADS.map((value) => [value, t(value)] as const),
                )
              : nothing
          }
        </div>
        ${this.#models()}`,
    );
  }

  #models() {
    const { models } = this.form;
    const counts = new Map<string, number>();
    for (const { model } of this.snapshot.layout?.devices ?? []) {
      counts.set(model.modelName, (counts.get(model.modelName) ?? 0) + 1);
    }
    // One that an answer has chosen stays in sight, whatever it is called.
    for (const model of models) if (!counts.has(model)) counts.set(model, 0);
    return html`<div class="pills" role="group" aria-label=${t('models')}>
        <button type="button" class="pill" aria-pressed=${models.length === 0} @click=${() => this.#change({ models: [] })}>
          ${t('anyModel')}
        </button>
        ${[...counts.keys()].map((model) => {
          const on = models.includes(model);
          const next = on ? models.filter((other) => other !== model) : [...models, model];
          return html`<button type="button" class="pill" aria-pressed=${on} @click=${() => this.#change({ models: next })}>
            ${shortModel(model)}
          </button>`;
        })}
      </div>
      ${this.#fault('models')}`;
  }

  #howShared() {
    return row(
      t('howShared'),
      html`<div class="cards four">
          ${KINDS.map((kind) => {
            const problem = kindProblem(this.form, kind);
            const hint = problem === null ? t(`kind.${kind}.hint`) : t(problem);
            return this.#card('kind', kind, t(`kind.${kind}`), hint, this.form.kind === kind, problem !== null);
          })}
        </div>
        ${this.#fault('kind')}`,
    );
  }

  #card(
    name: 'workload' | 'kind',
    value: Form['workload'] | Kind,
    title: string,
    hint: string,
    on: boolean,
    off = false,
  ) {
    return html`<label class="card ${on ? 'on' : ''} ${off ? 'off' : ''}">
      <input
        type="radio"
        name=${name}
        value=${value}
        ?disabled=${off}
        .checked=${live(on)}
        @change=${() => this.#change({ [name]: value })}
      />
      <span><b>${title}</b><small>${hint}</small></span>
    </label>`;
  }

  #howLong() {
    const { hours } = this.form;
    const asked = numberOf(hours);
    const ends = asked === null ? null : moment(new Date(Date.now() + asked * HOUR_MS));
    return row(
      t('howLong'),
      html`<div class="pills">
          ${HOURS.map(
            (value) =>
              html`<button type="button" class="pill" aria-pressed=${hours.trim() === value} @click=${() => this.#change({ hours: value })}>
                ${hoursText(value)}
              </button>`,
          )}
          <label class="unit"
            ><span class="hidden">${t('hours')}</span>${this.#input('hours', { numeric: true })}<span aria-hidden="true"
              >${t('hoursUnit')}</span
            ></label
          >
          <span class="note">${ends === null ? t('endsNever') : t('ends', { at: ends })}</span>
        </div>
        ${this.#fault('hours')}`,
    );
  }

  #forWhom() {
    const { viewer, allocations } = this.snapshot;
    const others = viewer?.permissions.includes('MANAGE_ALLOCATIONS') ?? false;
    const live = [...allocations.byId.values()];
    const teams = new Set([
      ...(this.quotas ?? []).flatMap(({ scope, name }) => (scope === 'TEAM' ? [name] : [])),
      ...live.map(({ teamId }) => teamId),
    ]);
    const spaces = new Set(live.flatMap(({ namespace }) => namespace ?? []));
    const own = viewer ? teamOf(viewer) : '';
    return row(
      t('forWhom'),
      html`<div class="fields">
        ${this.#text('team', t('team'), { hint: t('teamHint', { team: own }), list: others ? [...teams] : [own] })}
        ${this.#text('namespace', t('namespace'), { hint: t('optional'), list: [...spaces] })}
        ${this.#text('pod', t('pod'), { hint: t('optional') })}
        ${this.#select(
          'priority',
          t('priority'),
          PRIORITIES.map((value) => [value, t(value)] as const),
        )}
      </div>`,
    );
  }

  #ifFull() {
    return row(
      t('ifFull'),
      html`<label class="tick">
        <input
          type="checkbox"
          .checked=${live(this.form.queue)}
          @change=${(event: Event) => this.#change({ queue: (event.target as HTMLInputElement).checked })}
        /><span>${t('queue')}</span><small>${t('queueHint')}</small>
      </label>`,
    );
  }

  #leftOver() {
    if (!this.quotas) return row(t('leftOver'), html`<span class="skeleton wait"></span>`);
    const quotas = bindingQuotas(this.quotas, this.form, this.snapshot.viewer);
    return row(
      t('leftOver'),
      quotas.length
        ? html`<div class="quotas">
            ${quotas.map((quota) => {
              const limit = quota.gpusHard ?? quota.gpusSoft ?? 0;
              const after = quota.used.gpus + this.more;
              const share = limit ? Math.min(100, (100 * after) / limit) : 100;
              const words = { used: gpusText(after), limit: gpusText(limit) };
              return html`<div class=${after > limit ? 'over' : ''}>
                <p><span>${t(`quota${quota.scope}`, { name: quota.name })}</span
                  ><span>${this.more ? t('quotaAfter', words) : t('quotaNow', words)}</span></p>
                <span class="bar" role="img" aria-label=${percent(share)}><i ${cssVars({ '--share': `${share}%` })}></i></span>
              </div>`;
            })}
          </div>`
        : html`<p class="note">${t('quotaNone')}</p>`,
    );
  }

  #more() {
    const open = this.opened || [...this.faults.keys()].some((field) => MORE.has(field));
    const { clusters } = this.snapshot;
    return html`<details
      ?open=${open}
      @toggle=${(event: Event) => {
        this.opened = (event.target as HTMLDetailsElement).open;
      }}
    >
      <summary>${t('more')}</summary>
      <div class="fields">
        ${this.#text('cpu', t('cpu'), { numeric: true, hint: t('optional') })}
        ${this.#text('hostMemory', t('hostMemory'), { numeric: true, hint: t('optional') })}
        ${this.#select('cluster', t('cluster'), [['', t('anyCluster')], ...clusters.map((name) => [name, name] as const)])}
        ${this.#text('node', t('node'), { hint: t('anyNode'), list: this.snapshot.layout?.nodes.map(({ nodeName }) => nodeName) ?? [] })}
      </div>
      <div class="fields">${this.#text('reason', t('reason'), { hint: t('optional'), wide: true })}</div>
    </details>`;
  }

  #text(field: TextField, label: string, { wide = false, ...looks }: Looks & { readonly wide?: boolean }) {
    return html`<label class="field ${wide ? 'wide' : ''}"
      ><span>${label}</span>${this.#input(field, looks)}${this.#fault(field)}</label
    >`;
  }

  #input(field: TextField, { hint = '', numeric = false, list = [] }: Looks) {
    const wrong = this.faults.has(field);
    return html`<input
        name=${field}
        type="text"
        inputmode=${numeric ? 'decimal' : 'text'}
        autocomplete="off"
        spellcheck="false"
        maxlength="300"
        placeholder=${hint}
        list=${list.length ? `${field}-list` : nothing}
        aria-invalid=${wrong}
        aria-describedby=${wrong ? `${field}-fault` : nothing}
        .value=${live(this.form[field])}
        @input=${(event: Event) => this.#change({ [field]: (event.target as HTMLInputElement).value })}
      />${list.length ? html`<datalist id=${`${field}-list`}>${list.slice(0, 200).map((value) => html`<option value=${value}></option>`)}</datalist>` : nothing}`;
  }

  #select(field: 'spread' | 'priority' | 'cluster', label: string, choices: readonly (readonly [string, string])[]) {
    return html`<label class="field"
      ><span>${label}</span>
      <select
        name=${field}
        aria-invalid=${this.faults.has(field)}
        @change=${(event: Event) => this.#change({ [field]: (event.target as HTMLSelectElement).value })}
      >
        ${choices.map(([value, word]) => html`<option value=${value} .selected=${value === this.form[field]}>${word}</option>`)}
      </select>
      ${this.#fault(field)}</label
    >`;
  }

  /** A fault stands at its field, in the language of whoever found it. */
  #fault(field: Field) {
    if (!this.faults.has(field)) return nothing;
    const words = this.faults.get(field) ?? null;
    return html`<span class="fault" id=${`${field}-fault`} role="alert" lang=${words === null ? nothing : 'en'}
      >${words === null ? t('noNumber') : sentence(words)}</span
    >`;
  }

  #change(some: Partial<Form>): void {
    this.dispatchEvent(new CustomEvent<Form>('change-form', { detail: changed(this.form, some) }));
  }
}

type TextField =
  | 'memory'
  | 'profile'
  | 'count'
  | 'hours'
  | 'team'
  | 'namespace'
  | 'pod'
  | 'node'
  | 'cpu'
  | 'hostMemory'
  | 'reason';

interface Looks {
  readonly hint?: string;
  readonly numeric?: boolean;
  /** What is offered while one types. */
  readonly list?: readonly string[];
}

function row(name: string, content: TemplateResult): TemplateResult {
  return html`<fieldset><legend>${name}</legend><div class="content">${content}</div></fieldset>`;
}

/** 8 h, 7 d, No end */
export function hoursText(hours: string): string {
  const n = numberOf(hours);
  if (n === null) return t('noEnd');
  return n > 72 && n % 24 === 0 ? t('daysShort', { n: n / 24 }) : t('hoursShort', { n });
}

customElements.define('request-form', RequestForm);
