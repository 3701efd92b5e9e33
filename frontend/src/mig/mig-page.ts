/** Which node's GPUs to partition. */

import { css, html, nothing, type PropertyValues } from 'lit';
import type { App, Page } from '../app/app';
import type { Route } from '../app/routes';
import type { Snapshot } from '../data/fleet';
import { readProfiles } from '../data/mig';
import { shortModel } from '../format/format';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { type CapableNode, capableNodes } from './mig-nodes';
import { t } from './planner.text';

/** Nodes that are shown at once; the others are found by typing. */
const SHOWN = 200;

export class MigPage extends PageElement implements Page {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    models: { state: true },
    failed: { state: true },
    text: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;
  /** The products that can be partitioned; null: not read yet. */
  declare models: ReadonlySet<string> | null;
  declare failed: boolean;
  declare text: string;

  #layout = '';

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .head {
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
      p {
        margin: 0;
        color: var(--t2);
      }
      .say {
        padding: 14px 20px;
      }
      input {
        width: 220px;
        height: 28px;
        margin-left: auto;
        padding: 0 10px;
        border: 1px solid var(--ctl);
        border-radius: 5px;
        background: var(--bg);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li a {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 16px;
        align-items: baseline;
        min-height: 36px;
        padding: 8px 20px;
        border-bottom: 1px solid var(--line);
        color: inherit;
        text-decoration: none;
      }
      li a:hover {
        background: var(--sub);
      }
      li a:focus-visible {
        outline-offset: -2px;
      }
      strong {
        min-width: 180px;
        color: var(--acc);
        font-weight: 500;
      }
      li span {
        color: var(--t2);
      }
      .skeleton {
        height: 20px;
        margin: 8px 20px;
      }
      @media (max-width: 759px) {
        .head,
        li a,
        .say {
          padding-right: 16px;
          padding-left: 16px;
        }
        li a {
          min-height: 44px;
        }
        input {
          width: 100%;
          height: 44px;
          margin: 0;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.models = null;
    this.failed = false;
    this.text = '';
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const version = this.snapshot.layout?.version ?? '';
    if (version === this.#layout) return;
    this.#layout = version;
    void this.#read();
  }

  override render() {
    const nodes = this.models && this.snapshot.layout ? capableNodes(this.snapshot.layout, this.models) : null;
    return html`<div class="head">
        <h1 tabindex="-1">${t('title')}</h1>
        <p>${t('choose')}</p>
        ${nodes?.length ? this.#find() : nothing}
      </div>
      ${nodes ? this.#list(nodes) : this.#wait()}`;
  }

  async #read(): Promise<void> {
    try {
      this.models = new Set((await readProfiles(this.app.link, null)).map(({ modelName }) => modelName));
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }

  #find() {
    return html`<input
      type="text"
      aria-label=${t('find')}
      placeholder=${t('find')}
      autocomplete="off"
      spellcheck="false"
      .value=${this.text}
      @input=${(event: InputEvent) => {
        this.text = (event.target as HTMLInputElement).value;
      }}
    />`;
  }

  #list(nodes: readonly CapableNode[]) {
    if (!nodes.length) return html`<p class="say">${t('chooseNone')}</p>`;
    const wanted = this.text.trim().toLowerCase();
    const found = nodes.filter(({ nodeName, clusterName }) =>
      `${clusterName}/${nodeName}`.toLowerCase().includes(wanted),
    );
    const more = found.length - SHOWN;
    return html`<ul>
        ${found.slice(0, SHOWN).map((node) => this.#node(node))}
      </ul>
      ${more > 0 ? html`<p class="say">${t('more', { n: more })}</p>` : nothing}
      ${found.length ? nothing : html`<p class="say" role="status">${t('noneFound')}</p>`}`;
  }

  #node({ id, nodeName, clusterName, counts }: CapableNode) {
    return html`<li>
      <a href=${this.app.router.href({ page: 'planner', id, query: {} })}>
        <strong>${nodeName}</strong>
        <span>${counts.map(({ n, modelName }) => t('nodeGpus', { n, model: shortModel(modelName) })).join(', ')}</span>
        <span>${clusterName}</span>
      </a>
    </li>`;
  }

  #wait() {
    if (!this.failed) {
      return html`<div aria-busy="true">${[0, 1, 2].map(() => html`<div class="skeleton"></div>`)}</div>`;
    }
    return html`<p class="say" role="alert">
      ${t('failed')} <button class="button" @click=${this.#read}>${t('tryAgain')}</button>
    </p>`;
  }
}

customElements.define('mig-page', MigPage);
