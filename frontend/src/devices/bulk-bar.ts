/** The bar at the bottom while rows are selected: how many, where, and what can be done with them. */

import { css, html, nothing } from 'lit';
import { PageElement } from '../parts/element';
import { t as list } from '../parts/list.text';
import { shared } from '../parts/shared';
import { t } from './devices.text';

/** Fires `clear-selection`. What can be done stands in its slot. */
export class BulkBar extends PageElement {
  static override properties = {
    selected: { attribute: false },
    nodes: { attribute: false },
    hiddenRows: { attribute: false },
    words: { attribute: false },
  };
  /** How many GPUs are selected, and on how many nodes. */
  declare selected: number;
  declare nodes: number;
  /** How many of them the filters leave out of the list. */
  declare hiddenRows: number;
  /** What is selected where it is no GPUs; '' for GPUs on nodes. */
  declare words: string;

  static override styles = [
    shared,
    css`
      :host {
        position: fixed;
        z-index: 3;
        right: 0;
        bottom: 0;
        left: 64px;
      }
      section {
        display: flex;
        align-items: center;
        flex-wrap: wrap;
        gap: 8px 16px;
        min-height: 48px;
        padding: 6px 20px;
        border-top: 1px solid var(--line2);
        background: var(--bg);
      }
      p {
        margin: 0;
        color: var(--t2);
      }
      strong {
        color: var(--t1);
        font-weight: 600;
      }
      .clear {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 28px;
        margin-left: auto;
        padding: 0 8px;
        border: 0;
        border-radius: 5px;
        background: none;
        color: var(--t2);
      }
      .clear:hover {
        background: var(--sub);
        color: var(--t1);
      }
      @media (max-width: 759px) {
        :host {
          bottom: 62px;
          left: 0;
        }
        section {
          padding: 6px 16px;
        }
        .clear {
          height: 44px;
        }
        .clear kbd {
          display: none;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.selected = 0;
    this.nodes = 0;
    this.hiddenRows = 0;
    this.words = '';
  }

  override render() {
    return html`<section aria-label=${t('selection')}>
      <p role="status">
        ${
          this.words
            ? html`<strong>${this.words}</strong>`
            : html`<strong>${t('selected', { n: this.selected })}</strong> ${t('onNodes', { n: this.nodes })}`
        }${this.hiddenRows ? html`, ${t('notShown', { n: this.hiddenRows })}` : nothing}
      </p>
      <button class="clear" @click=${() => this.dispatchEvent(new CustomEvent('clear-selection'))}>
        ${list('clear')}<kbd aria-hidden="true">Esc</kbd>
      </button>
      <slot></slot>
    </section>`;
  }
}

customElements.define('bulk-bar', BulkBar);
