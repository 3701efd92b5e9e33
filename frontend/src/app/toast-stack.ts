/** The short messages, at the bottom. */

import { css, html, nothing } from 'lit';
import { Watching } from '../base/store';
import { PageElement } from '../parts/element';
import { check, close, cross } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import { t } from './shell.text';
import type { Toast } from './toasts';

export class ToastStack extends PageElement {
  static override properties = { app: { attribute: false } };
  declare app: App;
  #watching = false;

  static override styles = [
    shared,
    css`
      div {
        position: fixed;
        z-index: 6;
        bottom: 20px;
        left: 84px;
        display: grid;
        gap: 8px;
        max-width: min(520px, calc(100vw - 32px));
      }
      p {
        display: flex;
        align-items: center;
        gap: 10px;
        margin: 0;
        padding: 8px 8px 8px 12px;
        border: 1px solid var(--line2);
        border-radius: 6px;
        background: var(--raise);
        box-shadow: var(--shadow);
      }
      p > svg {
        color: var(--okmark);
      }
      p.error > svg {
        color: var(--critmark);
      }
      span {
        flex: 1;
      }
      .close {
        padding: 6px;
        border: 0;
        background: none;
        color: var(--t3);
      }
      @media (max-width: 759px) {
        div {
          right: 16px;
          bottom: 74px;
          left: 16px;
        }
      }
    `,
  ];

  override willUpdate(): void {
    if (this.#watching) return;
    this.#watching = true;
    new Watching(this, this.app.toasts.shown);
  }

  override render() {
    return html`<div role="status">${this.app.toasts.shown.value.map((toast) => this.#toast(toast))}</div>`;
  }

  #toast({ id, kind, text, action }: Toast) {
    const { toasts } = this.app;
    return html`<p class=${kind}>
      ${kind === 'ok' ? check : cross}<span>${text}</span>
      ${
        action
          ? html`<button
              class="button"
              @click=${() => {
                toasts.remove(id);
                action.run();
              }}
            >
              ${action.label}
            </button>`
          : nothing
      }
      <button class="close" aria-label=${t('dismiss')} @click=${() => toasts.remove(id)}>${close}</button>
    </p>`;
  }
}

customElements.define('toast-stack', ToastStack);
