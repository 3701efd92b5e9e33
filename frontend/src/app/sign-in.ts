/** Stands in place of the page while the server wants a token. Nothing of the fleet is shown meanwhile. */

import { css, html, nothing } from 'lit';
import type { LinkState } from '../data/link';
import { sentence } from '../format/format';
import { PageElement } from '../parts/element';
import { lock } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import { type Refusal, refusalOf } from './refusal';
import { t } from './sign-in.text';

export class SignIn extends PageElement {
  static override properties = { app: { attribute: false }, link: { attribute: false } };
  declare app: App;
  declare link: LinkState;

  /** The last refusal: it stays on the screen while another token is checked. */
  #refusal: Refusal = 'needed';
  #reason = '';

  static override styles = [
    shared,
    css`
      section {
        display: grid;
        grid-template-columns: 16px minmax(0, 520px);
        gap: 0 12px;
        margin: 32px 20px;
      }
      svg {
        margin-top: 2px;
        color: var(--t3);
      }
      h1 {
        margin: 0;
        font: 600 15px/20px var(--font);
      }
      p {
        margin: 4px 0 0;
        color: var(--t2);
      }
      .why {
        color: var(--crit);
      }
      code {
        padding: 1px 5px;
        border-radius: 3px;
        background: var(--inset);
        color: var(--t1);
        font: 12px/16px var(--mono);
      }
      form {
        display: flex;
        gap: 8px;
        margin-top: 14px;
      }
      input {
        flex: 1;
        min-width: 0;
        height: 32px;
        padding: 0 8px;
        border: 1px solid var(--ctl);
        border-radius: 5px;
        background: var(--bg);
      }
      .button {
        min-width: 84px;
        height: 32px;
        justify-content: center;
      }
      @media (max-width: 759px) {
        section {
          margin: 24px 16px;
        }
        .button,
        input {
          height: 44px;
          font-size: 16px;
        }
      }
    `,
  ];

  override willUpdate(): void {
    if (this.link.phase !== 'refused') return;
    this.#refusal = refusalOf(this.link);
    this.#reason = this.link.reason;
  }

  override render() {
    const busy = this.link.phase !== 'refused';
    return html`<section>
      ${lock}
      <div>
        <h1>${t(this.#refusal)}</h1>
        <div id="why" role="alert">${this.#why()}</div>
        <p>${t('howTo')} <code>gpuctl token</code> ${t('kept')}</p>
        <form @submit=${this.#onSubmit}>
          <input
            name="token"
            type="password"
            aria-label=${t('token')}
            aria-describedby="why"
            placeholder=${t('token')}
            autocomplete="off"
            required
          />
          <button class="button primary" aria-disabled=${busy}>${t(busy ? 'checking' : 'signIn')}</button>
        </form>
      </div>
    </section>`;
  }

  #why() {
    if (this.#refusal === 'needed') return nothing;
    if (this.#refusal === 'expired') return html`<p>${t('expiredText')}</p>`;
    return html`<p class="why">${this.#refusal === 'invalid' ? t('invalidText') : sentence(this.#reason)}</p>`;
  }

  #onSubmit(event: SubmitEvent): void {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get('token');
    if (typeof token === 'string' && token.trim()) this.app.link.useToken(token.trim().replace(/^Bearer\s+/i, ''));
  }
}

customElements.define('sign-in', SignIn);
