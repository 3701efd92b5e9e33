/** What came of a request that was sent: what was granted and how it is used, or that it waits. */

import { css, html, nothing } from 'lit';
import type { App } from '../app/app';
import type { Answer } from '../data/requests';
import { moment } from '../format/format';
import '../parts/copy-button';
import { PageElement } from '../parts/element';
import { staleClock, tick } from '../parts/icons';
import { shared } from '../parts/shared';
import { manifestOf } from './manifest';
import { placeWords } from './place-words';
import { t } from './request.text';

/** Fires `another`. */
export class SentAnswer extends PageElement {
  static override properties = { app: { attribute: false }, answer: { attribute: false } };
  declare app: App;
  declare answer: Answer;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 14px 24px;
      }
      .state {
        display: flex;
        align-items: center;
        gap: 7px;
        margin: 0;
        color: var(--ok);
        font-weight: 600;
      }
      .state.warn {
        color: var(--warn);
      }
      h2 {
        margin: 6px 0 4px;
        font: 600 20px/26px var(--font);
        outline: 0;
        overflow-wrap: anywhere;
      }
      p {
        margin: 0 0 8px;
        color: var(--t2);
      }
      dl {
        display: grid;
        grid-template-columns: 112px minmax(0, 1fr);
        margin: 8px 0 12px;
      }
      dt,
      dd {
        margin: 0;
        padding: 4px 0;
        border-top: 1px solid var(--line);
        line-height: 24px;
      }
      dt {
        color: var(--t3);
      }
      h3 {
        display: flex;
        align-items: center;
        justify-content: space-between;
        margin: 12px 0 4px;
        font: 600 13px/18px var(--font);
      }
      pre {
        margin: 0 0 12px;
        padding: 10px 12px;
        border: 1px solid var(--line2);
        border-radius: 5px;
        background: var(--sub);
        overflow-x: auto;
        color: var(--t2);
        font: 12px/18px var(--mono);
      }
      .buttons {
        display: flex;
        gap: 8px;
        margin-top: 14px;
      }
      a {
        color: inherit;
        text-decoration: none;
      }
      a.primary {
        color: var(--onacc);
      }
      code {
        font: 12px/18px var(--mono);
        overflow-wrap: anywhere;
      }
      @media (max-width: 759px) {
        :host {
          padding: 4px 16px 12px;
        }
        .buttons .button {
          height: 44px;
        }
      }
    `,
  ];

  override render() {
    const { allocation, place, status } = this.answer;
    if (!allocation) return nothing;
    const waits = status === 'QUEUED';
    const manifest = manifestOf(allocation);
    return html`<p class="state ${waits ? 'warn' : ''}" role="status">
        ${waits ? staleClock : tick}${waits ? t('queued') : t(status === 'ACTIVE' ? 'granted' : 'being')}
      </p>
      <h2 tabindex="-1">${place && !waits ? placeWords(place) : waits ? this.#queuePlace(allocation.queuePosition) : allocation.allocatedResource}</h2>
      ${waits ? html`<p>${t('queuedText')}</p>` : status === 'ACTIVE' ? nothing : html`<p>${t('beingText')}</p>`}
      <dl>
        <dt>${t('id')}</dt>
        <dd><code>${allocation.id}</code> <copy-button .what=${t('id')} .value=${allocation.id}></copy-button></dd>
        <dt>${t('endsAt')}</dt>
        <dd>${allocation.plannedReleaseTime === null ? t('noEnd') : moment(new Date(allocation.plannedReleaseTime))}</dd>
      </dl>
      ${
        manifest === null
          ? nothing
          : html`<h3>${t('uses')}<copy-button .what=${t('copyManifest')} .value=${manifest}></copy-button></h3>
              <pre tabindex="0"><code>${manifest}</code></pre>`
      }
      <div class="buttons">
        <a class="button primary" href=${this.app.router.href({ page: 'allocation', id: allocation.id, query: {} })}>${t('open')}</a>
        <button class="button" @click=${() => this.dispatchEvent(new CustomEvent('another'))}>${t('another')}</button>
      </div>`;
  }

  #queuePlace(position: number | null): string {
    return position === null ? t('queued') : t('queuedPlace', { n: position });
  }
}

customElements.define('sent-answer', SentAnswer);
