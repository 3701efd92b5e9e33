/** The field over a list that filters it as one types. */

import { css, html } from 'lit';
import { PageElement } from './element';
import { search } from './icons';
import { t } from './list.text';
import { shared } from './shared';

/** Fires `filter-text` with the text as detail, and `filter-leave` where the reader goes on to the list. */
export class FilterField extends PageElement {
  static override properties = { text: { attribute: false }, hint: { attribute: false } };
  declare text: string;
  /** What can be searched for. */
  declare hint: string;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      label {
        display: flex;
        align-items: center;
        gap: 7px;
        width: 264px;
        height: 28px;
        padding: 0 5px 0 8px;
        border: 1px solid var(--ctl);
        border-radius: 5px;
        color: var(--t3);
      }
      label:focus-within {
        outline: 2px solid var(--acc);
        outline-offset: 0;
        border-color: transparent;
      }
      svg {
        width: 14px;
        height: 14px;
      }
      input {
        flex: 1;
        min-width: 0;
        padding: 0;
        border: 0;
        outline: 0;
        background: none;
        color: var(--t1);
      }
      input::placeholder {
        color: var(--t3);
        opacity: 1;
      }
      @media (max-width: 759px) {
        label {
          width: auto;
          height: 44px;
        }
        kbd {
          display: none;
        }
        input {
          font-size: 16px; /* smaller makes phones zoom in */
        }
      }
    `,
  ];

  constructor() {
    super();
    this.text = '';
    this.hint = '';
  }

  override focus(): void {
    this.renderRoot.querySelector('input')?.select();
  }

  override render() {
    return html`<label title=${this.hint}>
      <span class="hidden">${t('filterList')}</span>
      ${search}
      <input
        type="text"
        placeholder=${this.hint}
        autocomplete="off"
        spellcheck="false"
        maxlength="100"
        .value=${this.text}
        @input=${(event: InputEvent) => this.#tell((event.target as HTMLInputElement).value)}
        @keydown=${this.#onKey}
      />
      <kbd aria-hidden="true">F</kbd>
    </label>`;
  }

  #onKey(event: KeyboardEvent): void {
    const input = event.target as HTMLInputElement;
    if (event.isComposing) return; // Hangul is typed in several strokes
    if (event.key === 'Escape') {
      event.preventDefault();
      if (input.value) this.#tell('');
      else input.blur();
    } else if (event.key === 'Enter' || event.key === 'ArrowDown') {
      event.preventDefault();
      input.blur();
      this.dispatchEvent(new CustomEvent('filter-leave'));
    }
  }

  #tell(text: string): void {
    this.dispatchEvent(new CustomEvent('filter-text', { detail: text }));
  }
}

customElements.define('filter-field', FilterField);
