/** Asks once before something that disrupts: one sentence with the consequence, and the verb on the button. */

import { css, html, nothing, type PropertyValues } from 'lit';
import { PageElement } from './element';
import { t } from './confirm.text';
import { shared } from './shared';

export interface Question {
  readonly heading: string;
  /** What will happen, in one sentence. */
  readonly consequence: string;
  readonly verb: string;
  /** Whether it cannot be taken back. */
  readonly grave: boolean;
  /** What has to be typed before it can be done; null: nothing. */
  readonly word: string | null;
}

/** The reason that was given with a yes, null: none; a no closes the dialog without. */
export type Answered = CustomEvent<{ readonly yes: boolean; readonly reason: string | null }>;

/** As long as the server takes. */
const REASON_MAX = 500;

export class ConfirmDialog extends PageElement {
  static override properties = { question: { attribute: false }, typed: { state: true } };
  /** Shown while there is one. */
  declare question: Question | null;
  declare typed: string;

  static override styles = [
    shared,
    css`
      dialog {
        width: min(440px, calc(100vw - 32px));
        padding: 16px;
        border: 1px solid var(--line2);
        border-radius: 6px;
        background: var(--raise);
        box-shadow: var(--shadow);
        color: var(--t1);
      }
      dialog::backdrop {
        background: rgb(20 23 29 / 30%);
      }
      h2 {
        margin: 0 0 4px;
        font: 600 15px/20px var(--font);
      }
      p {
        margin: 0 0 12px;
        color: var(--t2);
      }
      label {
        display: block;
        margin-bottom: 10px;
        color: var(--t3);
        font-size: 12px;
      }
      input {
        display: block;
        width: 100%;
        height: 32px;
        margin-top: 3px;
        padding: 0 10px;
        border: 1px solid var(--ctl);
        border-radius: 5px;
        background: var(--bg);
        color: var(--t1);
        font-size: 13px;
      }
      .buttons {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
        margin-top: 16px;
      }
      .button.grave {
        border-color: var(--crit);
        background: var(--crit);
        color: var(--bg);
      }
      .button[aria-disabled='true'] {
        border-color: var(--line2);
        background: var(--inset);
        color: var(--t3);
        cursor: default;
      }
      @media (max-width: 759px) {
        input,
        .button {
          height: 44px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.question = null;
    this.typed = '';
  }

  override render() {
    const { question } = this;
    if (!question) return nothing;
    const { heading, consequence, verb, grave, word } = question;
    return html`
      <dialog aria-labelledby="heading" aria-describedby="consequence" @cancel=${this.#onCancel}>
        <form @submit=${this.#onSubmit}>
          <h2 id="heading">${heading}</h2>
          <p id="consequence">${consequence}</p>
          ${
            word === null
              ? nothing
              : html`<label>
                  ${t('type', { word })}
                  <input
                    name="word"
                    autocomplete="off"
                    spellcheck="false"
                    autofocus
                    .value=${this.typed}
                    @input=${this.#onType}
                  />
                </label>`
          }
          <label>
            ${t('reason')}
            <input name="reason" autocomplete="off" maxlength=${REASON_MAX} ?autofocus=${word === null} />
          </label>
          <div class="buttons">
            <button type="button" class="button" @click=${() => this.#answer(false)}>
              ${t('cancel')} <kbd aria-hidden="true">Esc</kbd>
            </button>
            <button class="button ${grave ? 'grave' : 'primary'}" aria-disabled=${!this.#isTyped()}>${verb}</button>
          </div>
        </form>
      </dialog>
    `;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    // A question may be worded anew while it is open; what was typed stays.
    if (!this.question) this.typed = '';
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  #isTyped(): boolean {
    const word = this.question?.word ?? null;
    return word === null || this.typed.trim().toLowerCase() === word.toLowerCase();
  }

  #onType(event: Event): void {
    this.typed = (event.target as HTMLInputElement).value;
  }

  #onCancel(event: Event): void {
    event.preventDefault();
    this.#answer(false);
  }

  #onSubmit(event: Event): void {
    event.preventDefault();
    if (this.#isTyped()) this.#answer(true);
  }

  /** Closes first, so that the focus goes back to where it came from. */
  #answer(yes: boolean): void {
    const reason = this.renderRoot.querySelector<HTMLInputElement>('input[name=reason]')?.value.trim() ?? '';
    this.renderRoot.querySelector('dialog')?.close();
    this.dispatchEvent(new CustomEvent('answered', { detail: { yes, reason: reason || null } }));
  }
}

customElements.define('confirm-dialog', ConfirmDialog);
