/** The whole fleet at a glance: figures, the map, and at the side what to do about it. */

import { html, nothing, type PropertyValues } from 'lit';
import type { App, Page } from '../app/app';
import type { Route } from '../app/routes';
import { t as shell } from '../app/shell.text';
import { isKnown, type Known, type Snapshot } from '../data/fleet';
import { type Metric, METRICS } from '../data/history';
import { STATES } from '../data/states';
import { count } from '../format/format';
import { PageElement } from '../parts/element';
import { chevron } from '../parts/icons';
import { t as list } from '../parts/list.text';
import { NARROW, shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import './fleet-aside';
import './fleet-strip';
import { type Grouping, GROUPINGS } from './heat-map/groups';
import './heat-map/heat-legend';
import './heat-map/heat-map';
import { NOTHING, type Selection } from './heat-map/selection';
import { overviewStyles } from './overview-page.styles';
import { t } from './overview.text';
import { queryOf, type View, viewOf } from './view';

const METRIC_WORDS = {
  utilization: 'utilization',
  memory: 'memory',
  temperature: 'temperature',
  power: 'power_metric',
} as const;

const GROUP_WORDS = { pool: 'group_pool', node: 'group_node', cluster: 'group_cluster' } as const;

export class OverviewPage extends PageElement implements Page {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    selection: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;
  /** Ids of the chosen GPUs. */
  declare selection: Selection;

  readonly #narrow = matchMedia(NARROW);
  readonly #onWidth = (): void => this.requestUpdate();
  #view: View = viewOf({});
  #selectedIds: readonly string[] = [];

  static override styles = [shared, overviewStyles];

  constructor() {
    super();
    this.selection = NOTHING;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#narrow.addEventListener('change', this.#onWidth);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#narrow.removeEventListener('change', this.#onWidth);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('route')) {
      this.#view = viewOf(this.route.query);
      if (this.#view.table) this.#load(() => import('./fleet-table'));
    }
    if (changed.has('selection')) {
      this.#selectedIds = [...this.selection];
      if (this.selection.size) {
        this.#load(() => Promise.all([import('../devices/bulk-bar'), import('../devices/device-actions')]));
      }
    }
  }

  onKey(event: KeyboardEvent): boolean {
    const metric = METRICS[Number(event.key) - 1];
    if (metric && !this.#view.table) {
      this.#refine({ metric });
      return true;
    }
    switch (event.key.toLowerCase()) {
      case 't':
        this.#refine({ table: !this.#view.table });
        return true;
      case 'escape':
        return this.#clear();
      default:
        return false;
    }
  }

  override render() {
    const { app, snapshot } = this;
    return html`<fleet-strip .app=${app} .snapshot=${snapshot}></fleet-strip>
      ${
        snapshot.totals?.gpus === 0
          ? html`<h1 class="hidden" tabindex="-1">${t('title')}</h1>
              <p class="hint">${t('emptyHint')}</p>`
          : html`<div class="columns">
              <div class="fleet">${this.#head()} ${this.#fleet()}</div>
              <aside><fleet-aside .app=${app} .snapshot=${snapshot}></fleet-aside></aside>
            </div>`
      }
      ${this.#bulk()}`;
  }

  #head() {
    const { metric, group, state, table } = this.#view;
    return html`<div class="head">
      <h1 tabindex="-1">${t('title')}</h1>
      ${table ? nothing : this.#metrics(metric)}
      <div class="end">
        <button class="keys" @click=${this.#openShortcuts}>
          <kbd aria-hidden="true">?</kbd>${t('shortcuts')}
        </button>
        ${
          table
            ? nothing
            : choice(
                t('group'),
                GROUPINGS.map((value) => [value, t(GROUP_WORDS[value])] as const),
                group,
                (value) => this.#refine({ group: value as Grouping }),
              )
        }
        ${choice(
          t('state'),
          [
            ['', t('allStates')] as const,
            ...STATES.map((value) => [value, `${stateWord(value)} (${this.#counted(value)})`] as const),
          ],
          state,
          (value) => this.#refine({ state: value as View['state'] }),
        )}
        <button
          class="button view"
          aria-pressed=${table}
          aria-keyshortcuts="t"
          @click=${() => this.#refine({ table: !table })}
        >
          ${t(table ? 'asMap' : 'asTable')}
        </button>
      </div>
    </div>`;
  }

  #metrics(chosen: Metric) {
    return html`<div class="metrics" role="radiogroup" aria-label=${t('metric')} @keydown=${this.#onMetricKey}>
      ${METRICS.map((metric) => {
        const short = metric === 'temperature' && this.#narrow.matches;
        return html`<button
          role="radio"
          aria-checked=${metric === chosen}
          tabindex=${metric === chosen ? 0 : -1}
          @click=${() => this.#refine({ metric })}
        >
          ${t(short ? 'temperature_short' : METRIC_WORDS[metric])}
        </button>`;
      })}
    </div>`;
  }

  readonly #onMetricKey = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = METRICS.indexOf(this.#view.metric) + step;
    const metric = METRICS[(at + METRICS.length) % METRICS.length];
    if (!metric) return;
    this.#refine({ metric });
    this.renderRoot.querySelectorAll<HTMLElement>('[role="radio"]')[METRICS.indexOf(metric)]?.focus();
  };

  #fleet() {
    const { snapshot } = this;
    const { metric, group, state, table } = this.#view;
    if (table) {
      return html`<fleet-table
        .app=${this.app}
        .snapshot=${snapshot}
        .stateFilter=${state}
        .selection=${this.selection}
        @selection-change=${this.#onSelection}
      ></fleet-table>`;
    }
    return html`<div class="map">
        ${isKnown(snapshot) && state ? this.#matches(snapshot) : nothing}
        <heat-map
          .app=${this.app}
          .snapshot=${snapshot}
          .metric=${metric}
          .group=${group}
          .stateFilter=${state}
          .selection=${this.selection}
          @selection-change=${this.#onSelection}
        ></heat-map>
      </div>
      <heat-legend .metric=${metric}></heat-legend>`;
  }

  /** How many the filter leaves lit: it dims, it removes none. */
  #matches({ totals }: Known) {
    const { state } = this.#view;
    if (state === '') return nothing;
    return html`<p class="matches" role="status">
      ${list('someOf', { shown: count(totals.states[state]), n: count(totals.gpus) })}
      <button class="button" @click=${() => this.#refine({ state: '' })}>${list('clearFilters')}</button>
    </p>`;
  }

  #counted(state: (typeof STATES)[number]): string {
    return count(this.snapshot.totals?.states[state] ?? 0);
  }

  #bulk() {
    const { layout } = this.snapshot;
    if (!layout || this.selection.size === 0) return nothing;
    const nodes = new Set(this.#selectedIds.map((id) => layout.devices[layout.at.get(id) ?? -1]?.node.id));
    return html`<div class="room"></div>
      <bulk-bar
        .selected=${this.selection.size}
        .nodes=${nodes.size}
        .hiddenRows=${0}
        @clear-selection=${() => {
          this.selection = NOTHING;
        }}
      >
        <device-actions .app=${this.app} .snapshot=${this.snapshot} .deviceIds=${this.#selectedIds}></device-actions>
      </bulk-bar>`;
  }

  readonly #onSelection = (event: CustomEvent<{ selection: Selection }>): void => {
    this.selection = event.detail.selection;
  };

  #clear(): boolean {
    if (this.selection.size) this.selection = NOTHING;
    else if (this.#view.state !== '') this.#refine({ state: '' });
    else return false;
    return true;
  }

  readonly #openShortcuts = (): void => this.#load(async () => (await import('../app/shortcut-list')).openShortcuts());

  /** Loads what is not shown at first; says so where it cannot be had. */
  #load(load: () => Promise<unknown>): void {
    load().catch(() => this.app.toasts.add({ kind: 'error', text: shell('partFailed'), action: null }));
  }

  #refine(some: Partial<View>): void {
    this.app.router.refine(queryOf(some));
  }
}

function choice(
  label: string,
  options: readonly (readonly [string, string])[],
  chosen: string,
  choose: (value: string) => void,
) {
  return html`<label class="choice">
    <select aria-label=${label} @change=${(event: Event) => choose((event.target as HTMLSelectElement).value)}>
      ${options.map(([value, word]) => html`<option value=${value} .selected=${value === chosen}>${word}</option>`)}
    </select>
    ${chevron}
  </label>`;
}

customElements.define('overview-page', OverviewPage);
