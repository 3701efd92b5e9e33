/** A button that opens a list to tick: the values of a filter, the columns of a table. */

import { html, nothing } from 'lit';
import { live } from 'lit/directives/live.js';
import { choiceMenuStyles } from './choice-menu.styles';
import { PageElement } from './element';
import { chevron, close } from './icons';
import { t } from './list.text';
import { shared } from './shared';

export interface Choice {
  readonly value: string;
  readonly label: string;
  /** What stands at the end of the line, such as how many there are. */
  readonly note?: string;
}

/** From this many choices on, they can be searched; and only so many are shown at once. */
const SEARCH_FROM = 12;
const SHOWN_MAX = 100;

/** Fires `choose` with every chosen value as detail. */
export class ChoiceMenu extends PageElement {
  static override properties = {
    label: { attribute: false },
    choices: { attribute: false },
    chosen: { attribute: false },
    filters: { attribute: false },
    open: { state: true },
    text: { state: true },
  };
  declare label: string;
  declare choices: readonly Choice[];
  declare chosen: readonly string[];
  /** Whether it filters: then it names what is chosen, and can be cleared. */
  declare filters: boolean;
  declare open: boolean;
  declare text: string;

  static override styles = [shared, choiceMenuStyles];

  constructor() {
    super();
    this.label = '';
    this.choices = [];
    this.chosen = [];
    this.filters = true;
    this.open = false;
    this.text = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('pointerdown', this.#onOutside);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('pointerdown', this.#onOutside);
  }

  override render() {
    const on = this.filters && this.chosen.length > 0;
    const names = this.chosen.map((value) => this.choices.find((choice) => choice.value === value)?.label ?? value);
    return html`<div class="chip ${on ? 'on' : ''}">
        <button class="open" aria-expanded=${this.open} aria-haspopup="true" @click=${() => this.#toggle()}>
          ${
            on
              ? html`<span title=${names.join(', ')}>${this.label}: <b>${names.join(', ')}</b></span>`
              : html`<span>${this.label}</span>${chevron}`
          }
        </button>
        ${
          on
            ? html`<button class="remove" aria-label=${t('remove', { label: this.label })} @click=${() => this.#tell([])}>
                ${close}
              </button>`
            : nothing
        }
      </div>
      ${this.open ? this.#panel() : nothing}`;
  }

  #panel() {
    const searchable = this.choices.length > SEARCH_FROM;
    const wanted = this.text.toLowerCase();
    const found = this.choices.filter(({ label }) => label.toLowerCase().includes(wanted));
    const more = found.length - SHOWN_MAX;
    return html`<div
      class="panel ${this.#opensLeft() ? 'end' : ''}"
      role="group"
      aria-label=${this.label}
      @keydown=${this.#onKey}
      @focusout=${this.#onFocusOut}
    >
      ${
        searchable
          ? html`<input
              type="text"
              aria-label=${t('find', { label: this.label })}
              placeholder=${t('find', { label: this.label })}
              autocomplete="off"
              spellcheck="false"
              .value=${this.text}
              @input=${(event: InputEvent) => {
                this.text = (event.target as HTMLInputElement).value;
              }}
            />`
          : nothing
      }
      ${found.slice(0, SHOWN_MAX).map((choice) => this.#choice(choice))}
      ${more > 0 ? html`<p>${t('more', { n: more })}</p>` : nothing}
      ${found.length === 0 ? html`<p role="status">${t('noneFound')}</p>` : nothing}
    </div>`;
  }

  #choice({ value, label, note }: Choice) {
    return html`<label>
      <input
        type="checkbox"
        .checked=${live(this.chosen.includes(value))}
        @change=${(event: Event) => {
          const { checked } = event.target as HTMLInputElement;
          this.#tell(checked ? [...this.chosen, value] : this.chosen.filter((other) => other !== value));
        }}
      />
      <span>${label}</span>
      ${note === undefined ? nothing : html`<small>${note}</small>`}
    </label>`;
  }

  #toggle(): void {
    this.open = !this.open;
    this.text = '';
    if (this.open) void this.updateComplete.then(() => this.#inputs()[0]?.focus());
  }

  /** Opens towards the side of the window that has more room. */
  #opensLeft(): boolean {
    const { left, right } = this.getBoundingClientRect();
    return left > innerWidth - right && left + 320 > innerWidth;
  }

  #inputs(): readonly HTMLInputElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLInputElement>('.panel input')];
  }

  #shut(): void {
    this.open = false;
    this.renderRoot.querySelector<HTMLElement>('.open')?.focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      this.#shut();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const inputs = this.#inputs();
      const at = inputs.findIndex((input) => input === event.target) + (event.key === 'ArrowDown' ? 1 : -1);
      inputs[(at + inputs.length) % inputs.length]?.focus();
    }
  }

  #onFocusOut(event: FocusEvent): void {
    const to = event.relatedTarget;
    if (to instanceof Node && !this.renderRoot.contains(to)) this.open = false;
  }

  readonly #onOutside = (event: Event): void => {
    if (this.open && !event.composedPath().includes(this)) this.open = false;
  };

  #tell(chosen: readonly string[]): void {
    this.dispatchEvent(new CustomEvent('choose', { detail: chosen }));
  }
}

customElements.define('choice-menu', ChoiceMenu);
