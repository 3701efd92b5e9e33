/** The head of the planner: which node, how it is partitioned, and the way back of every step. */

import { css, html, nothing } from 'lit';
import type { App } from '../app/app';
import type { Snapshot } from '../data/fleet';
import type { MigNode } from '../data/mig';
import { shortModel } from '../format/format';
import { PageElement } from '../parts/element';
import { chevron, undoArrow } from '../parts/icons';
import { shared } from '../parts/shared';
import type { Steps } from './draft';
import { t } from './planner.text';

/** The nodes that can be chosen here; of more the page of all nodes is the better choice. */
const NODES_LISTED = 300;

/** Fires `undo`, `redo` and `discard`. */
export class PlannerHead extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    node: { attribute: false },
    steps: { attribute: false },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare node: MigNode;
  declare steps: Steps;

  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 14px;
        align-items: center;
        min-height: 52px;
        padding: 8px 20px;
        border-bottom: 1px solid var(--line);
      }
      h1 {
        margin: 0;
        outline: 0;
        font: 600 15px/20px var(--font);
      }
      .choice {
        position: relative;
      }
      .choice svg {
        position: absolute;
        top: 8px;
        right: 8px;
        width: 12px;
        height: 12px;
        color: var(--t3);
        pointer-events: none;
      }
      select {
        max-width: 240px;
        height: 28px;
        padding: 0 26px 0 10px;
        appearance: none;
        border: 1px solid var(--line2);
        border-radius: 5px;
        background: var(--bg);
        font-weight: 500;
      }
      option {
        background: var(--raise);
      }
      .facts {
        color: var(--t2);
        font-size: 12px;
      }
      .end {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 8px;
        align-items: center;
        margin-left: auto;
      }
      .count {
        color: var(--t2);
      }
      .button[aria-disabled='true'] {
        color: var(--t3);
        cursor: default;
      }
      .redo svg {
        scale: -1 1;
      }
      @media (max-width: 759px) {
        :host {
          padding: 8px 16px;
        }
        .end {
          margin-left: 0;
        }
        .button,
        select {
          height: 44px;
        }
        .choice svg {
          top: 16px;
        }
        .end .count {
          flex-basis: 100%;
        }
      }
    `,
  ];

  override render() {
    const { node, steps } = this;
    const { now, past, future } = steps;
    return html`<h1 tabindex="-1">${t('title')}</h1>
      ${this.#nodes()}
      <span class="facts">${this.#facts()}</span>
      ${
        node.fragmentation === null
          ? nothing
          : html`<span class="facts">${t('fragmentation')} <b>${node.fragmentation.toFixed(2)}</b></span>`
      }
      <div class="end">
        ${now.plans.size ? html`<span class="count">${t('changes', { n: now.plans.size })}</span>` : nothing}
        ${this.#button('undo', past.length > 0)} ${this.#button('redo', future.length > 0)}
        ${this.#button('discard', now.plans.size > 0)}
      </div>`;
  }

  /** 8 × A100-SXM4-80GB, 7 of 8 with MIG on */
  #facts(): string {
    const { boards } = this.node;
    const models = [...new Set(boards.map(({ model }) => model.modelName))];
    const counted = models.map((name) =>
      t('nodeGpus', { n: boards.filter(({ model }) => model.modelName === name).length, model: shortModel(name) }),
    );
    const on = boards.filter(({ migEnabled }) => migEnabled === true).length;
    return [...counted, t('modeCount', { on, all: boards.length })].join(', ');
  }

  #button(name: 'undo' | 'redo' | 'discard', on: boolean) {
    const keys = { undo: 'Control+Z', redo: 'Control+Shift+Z', discard: '' }[name];
    return html`<button
      class="button ${name}"
      aria-disabled=${!on}
      aria-keyshortcuts=${keys || nothing}
      @click=${() => (on ? this.dispatchEvent(new CustomEvent(name)) : undefined)}
    >
      ${name === 'discard' ? nothing : undoArrow}${t(name)}
    </button>`;
  }

  #nodes() {
    const { node } = this;
    const some = (this.snapshot.layout?.nodes ?? []).slice(0, NODES_LISTED);
    const listed = some.some(({ id }) => id === node.id) ? some : [node, ...some];
    return html`<span class="choice">
      <select
        aria-label=${t('node')}
        @change=${(event: Event) =>
          this.app.router.go({ page: 'planner', id: (event.target as HTMLSelectElement).value, query: {} })}
      >
        ${listed.map(({ id, nodeName }) => html`<option value=${id} ?selected=${id === node.id}>${nodeName}</option>`)}
      </select>
      ${chevron}
    </span>`;
  }
}

customElements.define('planner-head', PlannerHead);
