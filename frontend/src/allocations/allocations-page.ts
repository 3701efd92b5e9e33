/** Who holds what and who waits: filtered, sorted, selected, live. What is asked for stands in the address. */

import { html, nothing, type PropertyValues } from 'lit';
import type { App, Page } from '../app/app';
import type { Route } from '../app/routes';
import { type Allocation, mayChange } from '../data/allocations';
import type { Snapshot } from '../data/fleet';
import { all, existing, extended, NOTHING, type Selection, toggled } from '../devices/selection';
import '../devices/bulk-bar';
import { count } from '../format/format';
import { csvName, download } from '../parts/csv';
import { PageElement } from '../parts/element';
import { list as listGlyph, lock, plus } from '../parts/icons';
import { stepOf } from '../parts/list-cursor';
import { loadingRows, noMatch } from '../parts/list-messages';
import { columnsOf, columnsText, type Sort, sortOf, sortText } from '../parts/list-query';
import '../parts/list-toolbar';
import type { ListToolbar, Refine } from '../parts/list-toolbar';
import { listMessageStyles } from '../parts/list.styles';
import { t as list } from '../parts/list.text';
import { shared } from '../parts/shared';
import { WidthRoom } from '../parts/width';
import './allocation-changes';
import type { AllocationChanges } from './allocation-changes';
import {
  type AllocationColumn,
  COLUMN_IDS,
  NAME_COLUMN,
  NEWEST,
  sortAfter,
  STANDARD_COLUMNS,
} from './allocation-columns';
import { allocationsCsv } from './allocation-csv';
import { type AllocationFilter, filterOf, isFiltering, isInView, matches, NO_FILTER } from './allocation-filter';
import { type View, viewOf, VIEWS } from './allocation-filter';
import './allocation-list';
import type { AllocationList } from './allocation-list';
import { AllocationOrder } from './allocation-order';
import './allocation-table';
import type { AllocationTable, SelectRow } from './allocation-table';
import { allocationToolbar, conditionWord } from './allocation-toolbar';
import { allocationsPageStyles } from './allocations-page.styles';
import { t } from './allocations.text';
import { heldGpus } from './asking';
import { type Row, rowOf } from './rows';
import { SideReads } from './side-reads';

export class AllocationsPage extends PageElement implements Page {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    selection: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;
  declare selection: Selection;

  readonly #order = new AllocationOrder();
  readonly #room = new WidthRoom(this);
  #reads: SideReads | null = null;
  #filter: AllocationFilter = filterOf({});
  #sort: Sort<AllocationColumn> = NEWEST;
  #view: View = 'all';
  /** Allocations of the view by id; another object where one of them is another. */
  #shown: ReadonlyMap<string, Allocation> = new Map();
  #version = 0;
  #of: unknown = null;
  #rows = new Map<string, Row>();

  static override styles = [shared, listMessageStyles, allocationsPageStyles];

  constructor() {
    super();
    this.selection = NOTHING;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const { snapshot } = this;
    this.#reads ??= new SideReads(this.app.link, () => this.requestUpdate());
    if (changed.has('route')) {
      this.#filter = filterOf(this.route.query);
      this.#sort = sortOf(this.route.query.sort, COLUMN_IDS, NEWEST);
      const view = viewOf(this.route.query);
      if (view !== this.#view) this.selection = NOTHING;
      this.#view = view;
    }
    if (snapshot.link.phase === 'open') {
      this.#reads.see(snapshot.allocations, snapshot.cluster, this.#view === 'ended', performance.now());
    }
    this.#gather();
    this.#rows = new Map(); // ages and loads are of this moment
    const key = JSON.stringify([this.#version, this.#filter, this.#sort]);
    this.#order.follow(key, performance.now(), () => this.#matching(), this.#sort);
    this.selection = existing(this.selection, (id) => this.#shown.has(id));
  }

  onKey(event: KeyboardEvent): boolean {
    const step = stepOf(event);
    if (step !== null) {
      this.#list?.cursor.move(step);
      return true;
    }
    switch (event.key.toLowerCase()) {
      case 'f':
        this.renderRoot.querySelector<ListToolbar>('list-toolbar')?.focusFilter();
        return true;
      case 'x':
        return this.#selectCurrent();
      case 'r':
        return this.#releaseCurrent();
      case 'enter':
        return this.#openCurrent(event);
      case 'escape':
        return this.#clear();
      default:
        return false;
    }
  }

  override render() {
    const { ids } = this.#order;
    const bar = allocationToolbar({
      filter: this.#filter,
      sort: this.#sort,
      columns: this.#columns,
      all: [...this.#shown.values()],
      shown: ids.length,
      narrow: this.#room.value === 'list',
    });
    return html`<list-toolbar
        .bar=${bar}
        @refine=${({ detail }: CustomEvent<Refine>) => this.app.router.refine(detail)}
        @choose-columns=${({ detail }: CustomEvent<readonly AllocationColumn[]>) =>
          this.app.router.refine({ columns: columnsText(detail, this.#standard) })}
        @clear-filters=${() => this.app.router.refine(NO_FILTER)}
        @export-csv=${this.#export}
        @filter-leave=${() => this.#list?.cursor.move(0)}
      >
        ${this.#views()}
      </list-toolbar>
      <allocation-changes
        .app=${this.app}
        .snapshot=${this.snapshot}
        @changed=${() => {
          this.selection = NOTHING;
        }}
      ></allocation-changes>
      ${this.#content(ids)} ${this.#bulk(ids)}`;
  }

  #views() {
    const { router } = this.app;
    const counts = this.#counts();
    const { view: _, ...query } = this.route.query;
    return html`<div slot="views" class="views">
      <nav aria-label=${t('views')}>
        ${VIEWS.map((view) => {
          const n = counts[view];
          return html`<a
            href=${router.href({ page: 'allocations', query: { ...query, ...(view === 'all' ? {} : { view }) } })}
            aria-current=${view === this.#view ? 'page' : nothing}
            >${t(`view.${view}`)} <span>${n === null ? '' : count(n)}</span></a
          >`;
        })}
      </nav>
      ${
        this.#mayAsk
          ? html`<a class="button primary" href=${router.href({ page: 'request', query: {} })}>${plus}${t('request')}</a>`
          : nothing
      }
    </div>`;
  }

  /** How many each view has; null: not known. */
  #counts(): Readonly<Record<View, number | null>> {
    const { allocations, viewer } = this.snapshot;
    if (!allocations.known) return { all: null, mine: null, team: null, waiting: null, ended: null };
    const live = [...allocations.byId.values()];
    const of = (view: View) => live.filter((allocation) => isInView(view, allocation, viewer)).length;
    const ended = this.#reads?.endedTotal ?? this.#reads?.ended?.length ?? null;
    return { all: live.length, mine: of('mine'), team: of('team'), waiting: of('waiting'), ended };
  }

  #content(ids: readonly string[]) {
    const reads = this.#reads;
    if (this.#view === 'ended' && reads?.endedFailed) {
      return html`<div class="message" role="alert">${lock}<div><strong>${t('endedFailed')}</strong></div></div>`;
    }
    const known = this.#view === 'ended' ? reads?.ended !== null : this.snapshot.allocations.known;
    if (!known) return this.snapshot.link.phase === 'lost' ? nothing : loadingRows();
    if (!ids.length) {
      return this.#shown.size
        ? noMatch(this.#shown.size, this.#asked(), () => this.app.router.refine(NO_FILTER))
        : this.#none();
    }
    const total = this.#view === 'ended' ? (reads?.endedTotal ?? null) : null;
    return html`${total === null ? nothing : html`<p class="partial">${t('endedMore', { shown: count(this.#shown.size), n: count(total) })}</p>`}
    ${
      this.#room.value === 'list'
        ? html`<allocation-list .app=${this.app} .ids=${ids} .rowFor=${this.#rowFor} .now=${this.#now}></allocation-list>`
        : html`<allocation-table
            .app=${this.app}
            .ids=${ids}
            .rowFor=${this.#rowFor}
            .now=${this.#now}
            .columns=${this.#columns}
            .sort=${this.#sort}
            .selected=${this.selection.ids}
            .releasable=${this.#releasable}
            @sort-by=${({ detail }: CustomEvent<AllocationColumn>) =>
              this.app.router.refine({ sort: sortText(sortAfter(this.#sort, detail), NEWEST) })}
            @select-row=${({ detail }: CustomEvent<SelectRow>) => this.#select(detail)}
            @select-all=${({ detail }: CustomEvent<boolean>) => {
              this.selection = all(this.selection, ids, detail);
            }}
            @release-row=${({ detail }: CustomEvent<string>) => this.#release([detail])}
          ></allocation-table>`
    }`;
  }

  #none() {
    const ours = this.#view !== 'all';
    return html`<div class="message">
      ${listGlyph}
      <div role="status">
        <strong>${ours ? t('noneView') : t('none')}</strong>
        <p>${this.#view === 'all' ? t('noneText') : t(`none.${this.#view}`)}</p>
      </div>
      ${
        this.#mayAsk
          ? html`<a class="button" href=${this.app.router.href({ page: 'request', query: {} })}>${t('request')}</a>`
          : nothing
      }
    </div>`;
  }

  #bulk(ids: readonly string[]) {
    const selected = this.#selected();
    if (!selected.length) return nothing;
    const listed = new Set(ids);
    const able = selected.filter((allocation) => mayChange(this.snapshot.viewer, allocation));
    const open = this.snapshot.link.phase === 'open';
    return html`<div class="room"></div>
      <bulk-bar
        .words=${t('selected', { n: selected.length, gpus: heldGpus(selected) })}
        .hiddenRows=${selected.filter(({ id }) => !listed.has(id)).length}
        @clear-selection=${() => {
          this.selection = NOTHING;
        }}
      >
        <div class="acts">
          ${
            this.#view === 'ended'
              ? nothing
              : able.length
                ? html`<button class="button" aria-disabled=${!open} @click=${() => (open ? this.#changes?.setEnd(able) : undefined)}>
                      ${t('setEnd')}
                    </button>
                    <button class="button grave" aria-disabled=${!open} @click=${() => (open ? this.#changes?.release(able) : undefined)}>
                      ${t('releaseMany', { n: able.length })}
                    </button>
                    ${open ? nothing : html`<span class="why">${t('offline')}</span>`}`
                : html`<span class="why">${lock}${t(this.#mayAsk ? 'mayNotThis' : 'mayNot')}</span>`
          }
        </div>
      </bulk-bar>`;
  }

  get #mayAsk(): boolean {
    return this.snapshot.viewer?.permissions.includes('REQUEST_ALLOCATION') ?? false;
  }

  get #changes(): AllocationChanges | null {
    return this.renderRoot.querySelector<AllocationChanges>('allocation-changes');
  }

  get #list(): AllocationTable | AllocationList | null {
    return this.renderRoot.querySelector<AllocationTable | AllocationList>('allocation-table, allocation-list');
  }

  get #standard(): readonly AllocationColumn[] {
    return STANDARD_COLUMNS[this.#room.value];
  }

  get #columns(): readonly AllocationColumn[] {
    const asked = columnsOf(this.route.query.columns, COLUMN_IDS, this.#standard);
    return COLUMN_IDS.filter((id) => id === NAME_COLUMN || asked.includes(id));
  }

  /** The server's now, ms since the epoch: ages do not depend on the reader's clock. */
  get #now(): number {
    const { frame, sinceMs } = this.snapshot;
    return frame ? Date.parse(frame.asOf) + sinceMs : Date.now();
  }

  /** What belongs into the view. */
  #gather(): void {
    const { allocations, viewer } = this.snapshot;
    const ended = this.#view === 'ended' ? (this.#reads?.ended ?? []) : null;
    const of = ended ?? allocations;
    const key = JSON.stringify([this.#view, viewer?.subject, viewer?.team]);
    if (this.#of === of && this.#shownKey === key) return;
    this.#of = of;
    this.#shownKey = key;
    this.#version += 1;
    const live = ended ?? [...allocations.byId.values()].filter((each) => isInView(this.#view, each, viewer));
    this.#shown = new Map(live.map((allocation) => [allocation.id, allocation]));
  }

  #shownKey = '';

  #matching(): readonly Row[] {
    return [...this.#shown.keys()].flatMap((id) => {
      const row = this.#rowFor(id);
      return row && matches(row, this.#filter) ? [row] : [];
    });
  }

  readonly #rowFor = (id: string): Row | null => {
    const known = this.#rows.get(id);
    if (known) return known;
    const allocation = this.#shown.get(id);
    if (!allocation) return null;
    const row = rowOf(allocation, this.snapshot, this.#now, this.#reads?.queue ?? new Map());
    this.#rows.set(id, row);
    return row;
  };

  readonly #releasable = ({ allocation }: Row): boolean =>
    this.#view !== 'ended' && this.snapshot.link.phase === 'open' && mayChange(this.snapshot.viewer, allocation);

  #selected(): readonly Allocation[] {
    return [...this.selection.ids].flatMap((id) => this.#shown.get(id) ?? []);
  }

  #release(ids: readonly string[]): void {
    const able = ids.flatMap((id) => {
      const row = this.#rowFor(id);
      return row && this.#releasable(row) ? [row.allocation] : [];
    });
    this.#changes?.release(able);
  }

  /** What the filters ask for, in words. */
  #asked(): string[] {
    const { text, teams, owners, types, conditions } = this.#filter;
    const parts: readonly (readonly [string, readonly string[]])[] = [
      [list('text'), text ? [text] : []],
      [t('team'), teams],
      [t('ownerOnly'), owners],
      [t('type'), types.map((type) => t(`type.${type}`))],
      [t('is'), conditions.map(conditionWord)],
    ];
    return parts.flatMap(([label, values]) =>
      values.length ? [list('choice', { label, values: values.join(', ') })] : [],
    );
  }

  #select({ id, range }: SelectRow): void {
    this.selection = range ? extended(this.selection, id, this.#order.ids) : toggled(this.selection, id);
  }

  #selectCurrent(): boolean {
    const id = this.#list?.cursor.id ?? null;
    if (id === null || this.#room.value === 'list') return false;
    this.#select({ id, range: false });
    return true;
  }

  /** The selected ones, else the current one. */
  #releaseCurrent(): boolean {
    const current = this.#list?.cursor.id ?? null;
    const ids = this.selection.ids.size ? [...this.selection.ids] : current === null ? [] : [current];
    this.#release(ids);
    return ids.length > 0;
  }

  /** Opens the current row where its link has lost the focus; else Enter is the link's own. */
  #openCurrent(event: KeyboardEvent): boolean {
    const id = this.#list?.cursor.id ?? null;
    if (id === null || event.target !== document.body) return false;
    this.app.router.go({ page: 'allocation', id, query: {} });
    return true;
  }

  /** Clears the selection, else the filters, else the current row. */
  #clear(): boolean {
    if (this.selection.ids.size) this.selection = NOTHING;
    else if (isFiltering(this.#filter)) this.app.router.refine(NO_FILTER);
    else this.#list?.cursor.set(null);
    return true;
  }

  #export(): void {
    const rows = this.#order.ids.flatMap((id) => this.#rowFor(id) ?? []);
    download(csvName('gpu-allocations', new Date()), allocationsCsv(rows));
  }
}

customElements.define('allocations-page', AllocationsPage);
