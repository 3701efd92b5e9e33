/** The list of keys. */

import { css, html, LitElement } from 'lit';
import { shared } from './shared';

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'Filter the list'],
  ['j  k', 'Next, previous GPU (also the arrow keys)'],
  ['c', 'Copy the UUID of the current GPU'],
  ['p', 'Hold the picture still, go on'],
  ['Esc', 'Clear the filters'],
  ['?', 'This list'],
];

export class ShortcutList extends LitElement {
  static override styles = [
    shared,
    css`
      dialog {
        width: 380px;
        max-width: calc(100vw - 40px);
        padding: 16px 20px 20px;
        border: 1px solid var(--line2);
        border-radius: 6px;
        background: var(--raise);
        color: var(--t1);
        box-shadow: var(--shadow);
      }
      dialog::backdrop {
        background: rgb(20 23 29 / 30%);
      }
      h2 {
        margin: 0 0 8px;
        font: 600 15px/20px var(--font);
      }
      dl {
        display: grid;
        grid-template-columns: 72px 1fr;
        margin: 0 0 16px;
      }
      dt,
      dd {
        margin: 0;
        padding: 6px 0;
        border-top: 1px solid var(--line);
      }
      dt {
        display: flex;
        gap: 4px;
      }
    `,
  ];

  get open(): boolean {
    return this.renderRoot.querySelector('dialog')?.open ?? false;
  }

  show(): void {
    this.renderRoot.querySelector('dialog')?.showModal();
  }

  override render() {
    return html`<dialog aria-labelledby="title">
      <h2 id="title">Keyboard shortcuts</h2>
      <dl>
        ${KEYS.map(
          ([keys, action]) =>
            html`<dt>${keys.split('  ').map((key) => html`<kbd>${key}</kbd>`)}</dt>
              <dd>${action}</dd>`,
        )}
      </dl>
      <form method="dialog"><button class="button" autofocus>Close</button></form>
    </dialog>`;
  }
}

customElements.define('shortcut-list', ShortcutList);
