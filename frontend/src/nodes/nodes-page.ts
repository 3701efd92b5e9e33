/** Every node with the figures of its GPUs: filtered, sorted, live. What is asked for stands in the address. */

import { css, html, nothing, type PropertyValues } from 'lit';
import type { App, Page } from '../app/app';
import type { Route } from '../app/routes';
import { isKnown, type Known, type Snapshot } from '../data/fleet';
import { NodeFeed, type NodeIdentity } from '../data/nodes';
import { shortModel } from '../format/format';
import { csvName, download } from '../parts/csv';
import { PageElement } from '../parts/element';
import { stepOf } from '../parts/list-cursor';
import { loadingRows, noMatch } from '../parts/list-messages';
import { columnsOf, columnsText, nextSort, type Sort, sortOf, sortText } from '../parts/list-query';
import { listMessageStyles } from '../parts/list.styles';
import { t as list } from '../parts/list.text';
import '../parts/list-toolbar';
import type { ListToolbar, Refine } from '../parts/list-toolbar';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import { WidthRoom } from '../parts/width';
import {
  FLEET_ORDER,
  NAME_COLUMN,
  NODE_COLUMN_IDS,
  NODE_COLUMNS,
  type NodeColumn,
  standardColumns,
} from './node-columns';
import { nodesCsv } from './node-csv';
import { filterOf, isFiltering, NO_FILTER, type NodeFilter } from './node-filter';
import './node-list';
import type { NodeList } from './node-list';
import { NodeOrder } from './node-order';
import { entriesOf, type NodeEntry } from './node-rows';
import './node-table';
import type { NodeTable } from './node-table';
import { nodeToolbar } from './node-toolbar';
import { t } from './nodes.text';

export class NodesPage extends PageElement implements Page {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    identities: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;
  /** What is known of each node beside its readings; null: not read yet. */
  declare identities: readonly NodeIdentity[] | null;

  readonly #order = new NodeOrder();
  readonly #room = new WidthRoom(this);
  #feed: NodeFeed | null = null;
  #entries: readonly NodeEntry[] = [];
  #entriesOf: readonly unknown[] = [];
  #filter: NodeFilter = filterOf({});
  #sort: Sort<NodeColumn> = FLEET_ORDER;

  static override styles = [
    shared,
    listMessageStyles,
    css`
      :host {
        display: block;
      }
    `,
  ];

  constructor() {
    super();
    this.identities = null;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('route')) {
      this.#filter = filterOf(this.route.query);
      this.#sort = sortOf(this.route.query.sort, NODE_COLUMN_IDS, FLEET_ORDER);
    }
    if (isKnown(this.snapshot)) {
      this.#follow(this.snapshot);
      this.#gather(this.snapshot.layout);
      this.#order.follow(this.snapshot, this.#entries, this.#filter, this.#sort);
    }
  }

  onKey(event: KeyboardEvent): boolean {
    const step = stepOf(event);
    if (step !== null) {
      this.#rows?.cursor.move(step);
      return true;
    }
    switch (event.key.toLowerCase()) {
      case 'f':
        this.renderRoot.querySelector<ListToolbar>('list-toolbar')?.focusFilter();
        return true;
      case 'enter':
        return this.#openCurrent(event);
      case 'escape':
        if (isFiltering(this.#filter)) this.app.router.refine(NO_FILTER);
        else this.#rows?.cursor.set(null);
        return true;
      default:
        return false;
    }
  }

  override render() {
    const { nodes } = this.#order;
    const bar = nodeToolbar(this.snapshot, {
      filter: this.#filter,
      sort: this.#sort,
      columns: this.#columns,
      total: this.#entries.length,
      shown: nodes.length,
      narrow: this.#room.value === 'list',
    });
    return html`<list-toolbar
        .bar=${bar}
        @refine=${({ detail }: CustomEvent<Refine>) => this.app.router.refine(detail)}
        @choose-columns=${({ detail }: CustomEvent<readonly NodeColumn[]>) =>
          this.app.router.refine({ columns: columnsText(detail, this.#standard) })}
        @clear-filters=${() => this.app.router.refine(NO_FILTER)}
        @export-csv=${this.#export}
        @filter-leave=${() => this.#rows?.cursor.move(0)}
      ></list-toolbar>
      ${this.#content(nodes)}`;
  }

  #content(nodes: readonly NodeEntry[]) {
    if (!isKnown(this.snapshot)) return loadingRows();
    if (nodes.length === 0) {
      const total = this.#entries.length;
      return total ? noMatch(total, this.#asked(), () => this.app.router.refine(NO_FILTER)) : nothing;
    }
    return this.#room.value === 'list'
      ? html`<node-list .app=${this.app} .snapshot=${this.snapshot} .nodes=${nodes}></node-list>`
      : html`<node-table
          .app=${this.app}
          .snapshot=${this.snapshot}
          .nodes=${nodes}
          .columns=${this.#columns}
          .sort=${this.#sort}
          @sort-by=${({ detail }: CustomEvent<NodeColumn>) => this.#sortBy(detail)}
        ></node-table>`;
  }

  get #rows(): NodeTable | NodeList | null {
    return this.renderRoot.querySelector<NodeTable | NodeList>('node-table, node-list');
  }

  get #standard(): readonly NodeColumn[] {
    return standardColumns(this.snapshot.clusters.length, this.#room.value);
  }

  get #columns(): readonly NodeColumn[] {
    const asked = columnsOf(this.route.query.columns, NODE_COLUMN_IDS, this.#standard);
    return NODE_COLUMN_IDS.filter((id) => id === NAME_COLUMN || asked.includes(id));
  }

  /** Opens the current row where its link has lost the focus; else Enter is the link's own. */
  #openCurrent(event: KeyboardEvent): boolean {
    const id = this.#rows?.cursor.id ?? null;
    if (id === null || event.target !== document.body) return false;
    this.app.router.go({ page: 'node', id, query: {} });
    return true;
  }

  /** Asks for what is not in the frames. */
  #follow(known: Known): void {
    this.#feed ??= new NodeFeed(this.app.link, (identities) => {
      this.identities = identities;
    });
    this.#feed.see(known);
  }

  /** Puts layout and identities together, when either is new. */
  #gather(layout: NonNullable<Snapshot['layout']>): void {
    if (this.#entriesOf[0] === layout && this.#entriesOf[1] === this.identities) return;
    this.#entriesOf = [layout, this.identities];
    this.#entries = entriesOf(layout, this.identities);
  }

  /** What the filters ask for, in words. */
  #asked(): string[] {
    const { text, statuses, models, states } = this.#filter;
    const parts: readonly (readonly [string, readonly string[]])[] = [
      [list('text'), text ? [text] : []],
      [t('status'), statuses.map((status) => stateWord(status))],
      [t('model'), models.map(shortModel)],
      [t('hasGpus'), states.map((state) => stateWord(state))],
    ];
    return parts.flatMap(([label, values]) =>
      values.length ? [list('choice', { label, values: values.join(', ') })] : [],
    );
  }

  #sortBy(column: NodeColumn): void {
    const down = NODE_COLUMNS.find(({ id }) => id === column)?.sorts === 'down';
    this.app.router.refine({ sort: sortText(nextSort(this.#sort, column, down, FLEET_ORDER), FLEET_ORDER) });
  }

  #export(): void {
    if (isKnown(this.snapshot)) download(csvName('gpu-nodes', new Date()), nodesCsv(this.snapshot, this.#order.nodes));
  }
}

customElements.define('nodes-page', NodesPage);
