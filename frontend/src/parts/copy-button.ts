/** Copies a value; the glyph tells that it did. */

import { css, html } from 'lit';
import { t } from './copy-button.text';
import { PageElement } from './element';
import { check, copy, cross } from './icons';
import { shared } from './shared';

/** How long the glyph tells. */
const TOLD_MS = 1500;

export class CopyButton extends PageElement {
  static override properties = { value: {}, what: {}, result: { state: true } };
  declare value: string;
  /** What the value is, for the button's name. */
  declare what: string;
  declare result: 'copied' | 'failed' | null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  static override styles = [
    shared,
    css`
      :host {
        display: inline-block;
        vertical-align: -4px;
      }
      button {
        display: grid;
        place-items: center;
        width: 24px;
        height: 24px;
        padding: 0;
        border: 0;
        border-radius: 4px;
        background: none;
        color: var(--t3);
      }
      button:hover {
        background: var(--sub);
        color: var(--t1);
      }
      .copied {
        color: var(--okmark);
      }
      .failed {
        color: var(--critmark);
      }
      @media (max-width: 759px) {
        button {
          width: 44px;
          height: 44px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.value = '';
    this.what = '';
    this.result = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render() {
    const glyph = { copied: check, failed: cross, none: copy }[this.result ?? 'none'];
    return html`<button class=${this.result ?? ''} aria-label=${t('copy', { what: this.what })} @click=${this.#copy}>
        ${glyph}
      </button>
      <span class="hidden" role="status">${this.result ? t(this.result) : ''}</span>`;
  }

  async #copy(): Promise<void> {
    this.result = (await copyText(this.value)) ? 'copied' : 'failed';
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.result = null;
    }, TOLD_MS);
  }
}

/** Puts a text on the clipboard; false where the browser lets nobody: pages over plain HTTP have no clipboard object. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = deepFocus();
  const field = document.createElement('textarea');
  field.value = text;
  field.setAttribute('aria-hidden', 'true');
  document.body.append(field);
  field.select();
  // The only way to the clipboard that plain HTTP leaves.
  const copied = document.execCommand('copy');
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}

function deepFocus(): Element | null {
  let focused = document.activeElement;
  while (focused?.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  return focused;
}

customElements.define('copy-button', CopyButton);
