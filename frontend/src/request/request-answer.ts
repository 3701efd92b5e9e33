/** What the server would say to the form now: where and why there, or what was checked and what can be done instead. */

import { html, nothing, type TemplateResult } from 'lit';
import type { App } from '../app/app';
import { isKnown, type Snapshot } from '../data/fleet';
import type { Answer } from '../data/requests';
import { duration, moment, sentence, shortModel, UNKNOWN } from '../format/format';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { cross, staleClock, tick, warning } from '../parts/icons';
import { shared } from '../parts/shared';
import { type Step, stepsOf } from './alternatives';
import { type DryRunState, type Told, VALID_MS } from './dry-run';
import { changed, type Form } from './form';
import './place-strip';
import { byNode, placeWords } from './place-words';
import { answerStyles } from './request-answer.styles';
import { t } from './request.text';

/** GPUs of so many nodes are drawn; of more, the words are enough. */
const NODES_DRAWN = 2;

/** Fires `apply` (a Form) where a step is taken, and `again`. */
export class RequestAnswer extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    form: { attribute: false },
    run: { attribute: false },
    now: { attribute: false },
    open: { type: Boolean, reflect: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare form: Form;
  declare run: DryRunState;
  /** As `performance.now()`. */
  declare now: number;
  /** On a phone: whether the details are shown. */
  declare open: boolean;

  static override styles = [shared, answerStyles];

  constructor() {
    super();
    this.open = false;
  }

  override render() {
    const { phase, told } = this.run;
    if (phase === 'empty') return this.#message(null, t('empty'), t('emptyText'));
    if (phase === 'faulty') return this.#message(cross, t('faulty'), t('faultyText'), 'crit');
    if (phase === 'failed') {
      return html`${this.#message(warning, t('failed'), t('failedText'), 'warn')}
        <button class="button again" @click=${() => this.dispatchEvent(new CustomEvent('again'))}>${t('tryAgain')}</button>`;
    }
    if (!told) return this.#message(null, t('checking'), '');
    return html`<div class=${phase === 'checking' ? 'old' : ''} aria-busy=${phase === 'checking'}>
      ${told.answer.granted ? this.#fits(told.answer) : this.#refused(told)}
    </div>`;
  }

  #message(glyph: TemplateResult | null, title: string, text: string, kind = '') {
    return html`<div class="head">
      <p class="state ${kind}" role="status">${glyph}${title}</p>
      ${text ? html`<p class="second">${text}</p>` : nothing}
    </div>`;
  }

  #age() {
    const age = Math.max(0, this.now - this.run.at);
    const text =
      this.run.phase === 'checking' ? t('checking') : t(age > VALID_MS ? 'tooOld' : 'age', { age: duration(age) });
    return html`<span class="age">${text}</span>`;
  }

  #fits(answer: Answer) {
    const { place } = answer;
    if (!place) return nothing;
    return html`<div class="head">
        <div class="line"><p class="state ok" role="status">${tick}${t('fits')}</p>${this.#age()}</div>
        <h2>${placeWords(place)}</h2>
        <p class="second">${place.creates ? t('creates') : t('ready')}</p>
        ${this.#strips(answer)}
        <dl class="cost"><dt>${t('cost')}</dt><dd>${UNKNOWN} <span>${t('noPrices')}</span></dd></dl>
        ${this.#warnings(answer)}
      </div>
      <div class="rest">
        ${this.#why(place)} ${this.#others(answer)} ${this.#checks(answer)}
      </div>`;
  }

  #strips({ place }: Answer) {
    const { snapshot } = this;
    if (!place || !isKnown(snapshot)) return nothing;
    const nodes = [...byNode(place.resources)];
    if (nodes.length > NODES_DRAWN) return nothing;
    return nodes.map(
      ([node, chosen]) => html`<place-strip .snapshot=${snapshot} .node=${node} .chosen=${chosen}></place-strip>`,
    );
  }

  #warnings({ checks }: Answer) {
    return checks
      .filter((each) => each.warning)
      .map((each) => html`<p class="warned">${warning}<span lang="en">${sentence(each.message)}</span></p>`);
  }

  #why({ score, parts }: NonNullable<Answer['place']>) {
    const most = Math.max(...parts.map(({ value }) => Math.abs(value)), 0);
    return html`<section>
      <h3>${t('why')}<span>${t('score', { score: scoreText(score) })}</span></h3>
      <ul class="parts" aria-label=${t('parts')}>
        ${parts.map(
          ({ name, value, meaning }) => html`<li>
            <span class="name" lang="en">${name}</span>
            <span class="bar" aria-hidden="true"><i ${cssVars({ '--share': `${most ? (100 * Math.abs(value)) / most : 0}%` })}></i></span>
            <b>${scoreText(value)}</b>
            <span class="meaning" lang="en">${meaning ?? ''}</span>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  #others({ runnersUp }: Answer) {
    if (!runnersUp.length) return nothing;
    return html`<section>
      <h3>${t('others')}</h3>
      <table>
        <thead><tr><th scope="col">${t('placement')}</th><th scope="col" class="right">${t('scoreHead')}</th></tr></thead>
        <tbody>
          ${runnersUp.map(({ words, score }) => html`<tr><td lang="en">${words}</td><td class="right">${scoreText(score)}</td></tr>`)}
        </tbody>
      </table>
    </section>`;
  }

  #refused({ answer, couldQueue }: Told) {
    const queued = answer.status === 'QUEUED';
    const title = queued ? t('waits') : t(answer.status === 'REJECTED' ? 'overQuota' : 'refused');
    return html`<div class="head">
        <div class="line">
          <p class="state ${queued ? 'warn' : 'crit'}" role="status">${queued ? staleClock : cross}${title}</p>
          ${this.#age()}
        </div>
        <h2 lang="en">${sentence(answer.message)}</h2>
        ${queued ? html`<p class="second">${t('waitsText')}</p>` : nothing}
      </div>
      <div class="rest">${this.#checks(answer)} ${this.#doing(answer, couldQueue)}</div>`;
  }

  #checks({ checks }: Answer) {
    return html`<section>
      <h3>${t('checks')}</h3>
      <ul class="checks">
        ${checks.map(({ step, passed, warning: warned, message }) => {
          const kind = passed ? (warned ? 'warn' : 'ok') : 'crit';
          const word = passed ? (warned ? t('warned') : t('passed')) : t('notPassed');
          return html`<li class=${kind}>
            <span class="step">${passed ? (warned ? warning : tick) : cross}<span class="hidden">${word}</span>${t(step)}</span>
            ${checkText(step, passed, message)}
          </li>`;
        })}
      </ul>
    </section>`;
  }

  #doing({ alternatives, status }: Answer, couldQueue: boolean) {
    const steps = stepsOf(this.form, alternatives);
    // To ask for it later is to wait for it.
    const offersQueue = couldQueue && !alternatives.some(({ kind }) => kind === 'QUEUE' || kind === 'LATER');
    if (!steps.length && !offersQueue && status === 'QUEUED') return nothing;
    return html`<section>
      <h3>${t('doing')}</h3>
      ${steps.map((step) => this.#step(step))}
      ${
        offersQueue
          ? html`<div class="way">
              <div><b>${t('QUEUE')}</b><p>${t('queueText')}</p></div>
              ${this.#apply(changed(this.form, { queue: true }), t('useQueue'))}
            </div>`
          : nothing
      }
      ${steps.length || offersQueue ? nothing : html`<p class="second">${t('doingNone')}</p>`}
    </section>`;
  }

  #step(step: Step) {
    const { kind, message, availableAt } = step.alternative;
    const at = availableAt === null ? '' : ` · ${t('from', { at: moment(new Date(availableAt)) })}`;
    return html`<div class="way">
      <div><b>${t(kind)}${at}</b><p lang="en">${sentence(message)}</p></div>
      ${
        'form' in step
          ? this.#apply(step.form, stepVerb(step))
          : 'deviceId' in step
            ? html`<a class="button" href=${this.app.router.href({ page: 'device', id: step.deviceId, query: {} })}>${t('toDevice')}</a>`
            : nothing
      }
    </div>`;
  }

  #apply(form: Form, verb: string) {
    return html`<button class="button" @click=${() => this.dispatchEvent(new CustomEvent<Form>('apply', { detail: form }))}>
      ${verb}
    </button>`;
  }
}

/** A type and a place are names; the rest are sentences of the server. */
function checkText(step: Answer['checks'][number]['step'], passed: boolean, message: string) {
  if (passed && step === 'TYPE' && (message === 'FULL' || message === 'MIG' || message === 'SHARED')) {
    return html`<span>${t(`kind.${message}`)}</span>`;
  }
  return html`<span lang="en">${passed && step === 'SCORE' ? message : sentence(message)}</span>`;
}

function stepVerb({ alternative }: Step): string {
  const { kind, modelName, profileName, gpuCount, resourceType } = alternative;
  switch (kind) {
    case 'OTHER_MODEL':
      return t('use', { what: shortModel(modelName ?? '') });
    case 'OTHER_PROFILE':
      return t('use', { what: profileName ?? '' });
    case 'OTHER_TYPE':
      return resourceType === null ? t('useOther') : t('use', { what: t(`kind.${resourceType}`) });
    case 'FEWER_GPUS':
      return t('useFewer', { n: gpuCount ?? 0 });
    case 'WIDER_SPREAD':
      return t('useSpread');
    case 'LATER':
    case 'QUEUE':
      return t('useQueue');
    default:
      return t('useOther');
  }
}

/** 0.35; more digits say nothing. */
function scoreText(value: number): string {
  return (Math.round(value * 100) / 100).toFixed(2).replace(/^-0\.00$/, '0.00');
}

customElements.define('request-answer', RequestAnswer);
