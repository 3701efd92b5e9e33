/** Asks when an allocation is to end: hours from now, or never. */

import { css, html, nothing, type PropertyValues } from 'lit';
import { moment } from '../format/format';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { t } from './allocations.text';

const CHOICES: readonly (number | null)[] = [8, 24, 72, 168, null];
const HOURS_MAX = 8784;
const HOUR_MS = 3_600_000;

/** null: no end. */
export interface NewEnd {
  readonly hours: number | null;
}

/** Hours as people type them; null: they are not between 0 and a year. Pure. */
export function hoursOf(text: string): number | null {
  const bare = text.trim().replaceAll(',', '');
  const hours = /^\d{1,5}(\.\d{1,4})?$/.test(bare) ? Number(bare) : Number.NaN;
  return hours > 0 && hours <= HOURS_MAX ? hours : null;
}

/** Fires `end-answered` with the new end as detail, null where it stays. */
export class EndDialog extends PageElement {
  static override properties = { heading: { attribute: false }, text: { state: true }, told: { state: true } };
  /** Shown while there is one. */
  declare heading: string | null;
  /** What is typed; '' for no end. */
  declare text: string;
  /** Whether a fault is told: not before it was tried. */
  declare told: boolean;

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
        overflow-wrap: anywhere;
      }
      p {
        margin: 0 0 12px;
        color: var(--t2);
      }
      .pills {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin-bottom: 10px;
      }
      .pill {
        height: 28px;
        padding: 0 12px;
        border: 1px solid var(--ctl);
        border-radius: 14px;
        background: none;
        color: var(--t2);
      }
      .pill[aria-pressed='true'] {
        border-color: var(--acc);
        background: var(--accbg);
        color: var(--acc);
        font-weight: 500;
      }
      label {
        display: block;
        color: var(--t3);
        font-size: 12px;
      }
      input {
        display: block;
        width: 120px;
        height: 32px;
        margin-top: 3px;
        padding: 0 10px;
        border: 1px solid var(--ctl);
        border-radius: 5px;
        background: var(--bg);
        color: var(--t1);
        font-size: 13px;
      }
      .note {
        min-height: 18px;
        margin: 6px 0 0;
        color: var(--t3);
        font-size: 12px;
      }
      .note.fault {
        color: var(--crit);
      }
      .buttons {
        display: flex;
        justify-content: flex-end;
        gap: 8px;
        margin-top: 16px;
      }
      @media (max-width: 759px) {
        .pill,
        input,
        .button {
          height: 44px;
        }
        .pill {
          border-radius: 22px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.heading = null;
    this.text = '24';
    this.told = false;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.heading !== null) return;
    this.text = '24';
    this.told = false;
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const dialog = this.renderRoot.querySelector('dialog');
    if (dialog && !dialog.open) dialog.showModal();
  }

  override render() {
    if (this.heading === null) return nothing;
    const hours = hoursOf(this.text);
    const wrong = this.told && this.text.trim() !== '' && hours === null;
    const note =
      this.text.trim() === ''
        ? t('end.never')
        : hours === null
          ? wrong
            ? t('end.wrong')
            : ''
          : t('end.ends', { at: moment(new Date(Date.now() + hours * HOUR_MS)) });
    return html`<dialog aria-labelledby="heading" aria-describedby="text" @cancel=${this.#onCancel}>
      <form @submit=${this.#onSubmit}>
        <h2 id="heading">${this.heading}</h2>
        <p id="text">${t('end.text')}</p>
        <div class="pills">
          ${CHOICES.map((choice) => {
            const text = choice === null ? '' : String(choice);
            return html`<button type="button" class="pill" aria-pressed=${this.text.trim() === text} @click=${() => this.#type(text)}>
              ${choiceText(choice)}
            </button>`;
          })}
        </div>
        <label
          >${t('end.hours')}<input
            name="hours"
            inputmode="decimal"
            autocomplete="off"
            maxlength="12"
            autofocus
            aria-invalid=${wrong}
            aria-describedby="note"
            .value=${this.text}
            @input=${(event: Event) => this.#type((event.target as HTMLInputElement).value)}
        /></label>
        <p id="note" class="note ${wrong ? 'fault' : ''}" role="status">${note}</p>
        <div class="buttons">
          <button type="button" class="button" @click=${() => this.#answer(null)}>
            ${t('end.cancel')} <kbd aria-hidden="true">Esc</kbd>
          </button>
          <button class="button primary">${t('end.verb')}</button>
        </div>
      </form>
    </dialog>`;
  }

  #type(text: string): void {
    this.text = text;
    this.told = false;
  }

  #onCancel(event: Event): void {
    event.preventDefault();
    this.#answer(null);
  }

  #onSubmit(event: Event): void {
    event.preventDefault();
    const hours = hoursOf(this.text);
    if (this.text.trim() !== '' && hours === null) this.told = true;
    else this.#answer({ hours });
  }

  /** Closes first, so that the focus goes back to where it came from. */
  #answer(end: NewEnd | null): void {
    this.renderRoot.querySelector('dialog')?.close();
    this.dispatchEvent(new CustomEvent<NewEnd | null>('end-answered', { detail: end }));
  }
}

function choiceText(hours: number | null): string {
  if (hours === null) return t('end.none');
  return hours > 72 ? t('daysShort', { n: hours / 24 }) : t('hoursShort', { n: hours });
}

customElements.define('end-dialog', EndDialog);
