/** The list of keys, over the page. */

import { css, html, nothing } from 'lit';
import { Watching } from '../base/store';
import { PageElement } from '../parts/element';
import { close } from '../parts/icons';
import { shared } from '../parts/shared';
import { closeBeside, dialogStyles } from './dialog';
import { preferences } from './preferences';
import { shortcutLists, shortcutStyles } from './shortcuts';
import { t } from './shortcuts.text';

export class ShortcutList extends PageElement {
  static override styles = [
    shared,
    dialogStyles,
    shortcutStyles,
    css`
      dialog {
        width: 720px;
        padding: 0;
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        padding: 12px 12px 8px 20px;
      }
      h2 {
        margin: 0;
        font: 600 15px/20px var(--font);
      }
      .head button {
        padding: 7px;
        border: 0;
        border-radius: 5px;
        background: none;
        color: var(--t2);
      }
      .content {
        padding: 0 20px 4px;
      }
      p {
        margin: 0 0 12px;
        color: var(--t2);
      }
      @media (max-width: 759px) {
        .head button {
          padding: 14px;
        }
      }
    `,
  ];

  constructor() {
    super();
    new Watching(this, preferences);
  }

  show(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  #close(): void {
    this.renderRoot.querySelector('dialog')?.close();
  }

  override render() {
    return html`<dialog aria-labelledby="title" @click=${closeBeside} @keydown=${closeByKey}>
      <div class="head">
        <h2 id="title">${t('title')}</h2>
        <button autofocus aria-label=${t('close')} @click=${this.#close}>${close}</button>
      </div>
      <div class="content">
        ${preferences.value.singleKeys ? nothing : html`<p>${t('off')}</p>`} ${shortcutLists()}
      </div>
    </dialog>`;
  }
}

/** The key that opened it closes it. */
function closeByKey(event: KeyboardEvent): void {
  if (event.key === '?') (event.currentTarget as HTMLDialogElement).close();
}

customElements.define('shortcut-list', ShortcutList);

/** Shows the list over the page. */
export async function openShortcuts(): Promise<void> {
  const list = document.querySelector<ShortcutList>('shortcut-list') ?? document.body.appendChild(new ShortcutList());
  await list.updateComplete;
  list.show();
}
