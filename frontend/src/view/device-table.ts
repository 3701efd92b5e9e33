/** Every GPU, live: a table, or on a phone a list of two lines each. Long fleets draw only what is on the screen. */

import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Snapshot } from '../data/fleet';
import { STATES } from '../data/totals';
import {
  celsius,
  count,
  duration,
  gib,
  heatStep,
  percent,
  shortModel,
  shortUuid,
  UNKNOWN,
  watts,
} from '../format/format';
import { cssVars } from './css-vars';
import { deviceTableStyles } from './device-table.styles';
import { arrowDown, arrowUp, check, chevron, copy, cross, hatched, search, staleClock, warning } from './icons';
import {
  matches,
  nextSort,
  type Row,
  rowsOf,
  type Sort,
  type SortColumn,
  type Span,
  type StateFilter,
  sorted,
  sortsByReading,
  visibleSpan,
} from './rows';
import { NARROW, shared } from './shared';
import { STATE_WORDS, STATUS_WORDS } from './states';
import './spark-line';

const ROW_HEIGHT = { table: 29, list: 60 };

/** Rows that jump at every tick cannot be read: an order by a reading is renewed this often. */
const RESORT_MS = 3000;

const COPIED_MS = 1500;

const COLUMNS: readonly { id: string; label: string; sort?: SortColumn; right?: boolean }[] = [
  { id: 'node', label: 'Node', sort: 'position' },
  { id: 'index', label: 'GPU', right: true },
  { id: 'model', label: 'Model', sort: 'model' },
  { id: 'trend', label: 'Last minute' },
  { id: 'utilization', label: 'Utilisation', sort: 'utilization' },
  { id: 'memory', label: 'Memory, GiB', sort: 'memory' },
  { id: 'temperature', label: 'Temp.', sort: 'temperature', right: true },
  { id: 'power', label: 'Power', sort: 'power' },
  { id: 'status', label: 'Status', sort: 'status' },
  { id: 'uuid', label: 'UUID' },
];

const SORT_CHOICES: readonly { value: string; label: string; sort: Sort }[] = [
  { value: 'position', label: 'Fleet order', sort: { column: 'position', descending: false } },
  { value: 'utilization', label: 'Most utilised', sort: { column: 'utilization', descending: true } },
  { value: 'idle', label: 'Least utilised', sort: { column: 'utilization', descending: false } },
  { value: 'memory', label: 'Fullest memory', sort: { column: 'memory', descending: true } },
  { value: 'temperature', label: 'Hottest', sort: { column: 'temperature', descending: true } },
  { value: 'power', label: 'Most power', sort: { column: 'power', descending: true } },
];

export class DeviceTable extends LitElement {
  static override properties = {
    snapshot: { attribute: false },
    narrow: { state: true },
    text: { state: true },
    stateFilter: { state: true },
    sort: { state: true },
    currentId: { state: true },
    copiedId: { state: true },
    span: { state: true },
  };

  declare snapshot: Snapshot;
  declare narrow: boolean;
  declare text: string;
  declare stateFilter: StateFilter;
  declare sort: Sort;
  declare currentId: string | null;
  declare copiedId: string | null;
  declare span: Span;

  #rows: Row[] = [];
  #order: readonly number[] = [];
  #orderedAt = 0;
  #orderKey = '';
  readonly #media = matchMedia(NARROW);

  static override styles = [shared, deviceTableStyles];

  constructor() {
    super();
    this.narrow = this.#media.matches;
    this.text = '';
    this.stateFilter = 'all';
    this.sort = { column: 'position', descending: false };
    this.currentId = null;
    this.copiedId = null;
    this.span = { first: 0, end: 0 };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#media.addEventListener('change', this.#onMedia);
    addEventListener('scroll', this.#onScroll, { passive: true });
    addEventListener('resize', this.#onScroll, { passive: true });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#media.removeEventListener('change', this.#onMedia);
    removeEventListener('scroll', this.#onScroll);
    removeEventListener('resize', this.#onScroll);
  }

  focusFilter(): void {
    this.renderRoot.querySelector<HTMLInputElement>('input')?.select();
  }

  /** Moves the current row by so many; the first key press takes the first row. */
  move(by: number): void {
    if (!this.#rows.length) return;
    const at = this.#rows.findIndex((row) => row.device.id === this.currentId);
    const next = at < 0 ? 0 : Math.min(this.#rows.length - 1, Math.max(0, at + by));
    this.currentId = this.#rows[next]?.device.id ?? null;
    void this.#revealCurrent(next);
  }

  async copyCurrent(): Promise<void> {
    const row = this.#rows.find((candidate) => candidate.device.id === this.currentId);
    if (row) await this.#copy(row);
  }

  /** Clears the filters, else the current row. */
  clear(): void {
    if (this.text || this.stateFilter !== 'all') {
      this.text = '';
      this.stateFilter = 'all';
    } else {
      this.currentId = null;
    }
  }

  override willUpdate(changed: PropertyValues): void {
    if (['snapshot', 'text', 'stateFilter', 'sort'].some((name) => changed.has(name))) this.#arrange();
    this.span = this.#visibleSpan();
  }

  override updated(): void {
    // The place of the first row is known only once it is drawn.
    const span = this.#visibleSpan();
    if (span.first !== this.span.first || span.end !== this.span.end) this.span = span;
  }

  #arrange(): void {
    const { layout, frame, sinceMs, now } = this.snapshot;
    if (!layout || !frame) {
      this.#rows = [];
      return;
    }
    const rows = rowsOf(layout, frame, sinceMs);
    const byPosition = new Map(rows.map((row) => [row.at, row]));
    const key = JSON.stringify([layout.version, this.text, this.stateFilter, this.sort]);
    const due = sortsByReading(this.sort) || this.stateFilter !== 'all' ? now - this.#orderedAt >= RESORT_MS : false;
    if (key !== this.#orderKey || due) {
      const chosen = rows.filter((row) => matches(row, this.text, this.stateFilter));
      this.#order = sorted(chosen, this.sort).map((row) => row.at);
      this.#orderKey = key;
      this.#orderedAt = now;
    }
    this.#rows = this.#order.flatMap((at) => byPosition.get(at) ?? []);
  }

  override render() {
    const total = this.snapshot.totals?.gpus ?? 0;
    return html`${this.#toolbar(total)} ${this.#content(total)}`;
  }

  #content(total: number) {
    if (!this.snapshot.frame) return this.#loading();
    if (this.#rows.length === 0 && total > 0) {
      return html`<div class="message" role="status">
        <div>
          <strong>0 of ${count(total)} match</strong>
          <p>${this.#filterWords()}</p>
        </div>
        <button class="button" @click=${this.clear}>Clear filters</button>
      </div>`;
    }
    return this.narrow ? this.#list() : this.#table();
  }

  #toolbar(total: number) {
    const shown = this.#rows.length;
    return html`<div class="toolbar">
      <h1>GPUs</h1>
      <span class="count" role="status"
        >${this.snapshot.frame ? (shown === total ? count(total) : `${count(shown)} of ${count(total)}`) : ''}</span
      >
      <label class="filter">
        <span class="hidden">Filter by node, model or UUID</span>
        ${search}
        <input
          type="text"
          placeholder="Filter by node, model, UUID"
          autocomplete="off"
          spellcheck="false"
          maxlength="100"
          .value=${this.text}
          @input=${(event: InputEvent) => {
            this.text = (event.target as HTMLInputElement).value;
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <label class="choice">
        <span class="hidden">State</span>
        <select
          @change=${(event: Event) => {
            this.stateFilter = (event.target as HTMLSelectElement).value as StateFilter;
          }}
        >
          <option value="all" ?selected=${this.stateFilter === 'all'}>All states</option>
          ${STATES.map((state) => {
            const n = this.snapshot.totals?.states[state] ?? 0;
            return html`<option value=${state} ?selected=${this.stateFilter === state}>
              ${STATE_WORDS[state]} (${count(n)})
            </option>`;
          })}
        </select>
${chevron}
      </label>
      ${this.narrow ? this.#sortChoice() : this.#legend()}
    </div>`;
  }

  #legend() {
    return html`<ul class="legend" aria-hidden="true">
      ${STATES.map((state) => {
        const n = this.snapshot.totals?.states[state] ?? 0;
        return state === 'busy' || state === 'quiet' || n
          ? html`<li><i class=${state}></i>${STATE_WORDS[state]} <b>${this.snapshot.totals ? count(n) : UNKNOWN}</b></li>`
          : nothing;
      })}
    </ul>`;
  }

  #sortChoice() {
    return html`<label class="choice">
      <span class="hidden">Sort by</span>
      <select
        @change=${(event: Event) => {
          const chosen = (event.target as HTMLSelectElement).value;
          this.sort = SORT_CHOICES.find((choice) => choice.value === chosen)?.sort ?? this.sort;
        }}
      >
        ${SORT_CHOICES.map(
          ({ value, label, sort }) =>
            html`<option
              value=${value}
              ?selected=${sort.column === this.sort.column && sort.descending === this.sort.descending}
            >
              ${label}
            </option>`,
        )}
      </select>
${chevron}
    </label>`;
  }

  #loading() {
    const widths = [120, 180, 150, 90];
    return html`<div class="loading" aria-busy="true">
      <span class="hidden" role="status">Loading the fleet</span>
      ${[0, 1, 2].map(
        () =>
          html`<div class="skeletons">
            ${widths.map((width) => html`<span class="skeleton" ${cssVars({ '--width': `${width}px` })}></span>`)}
          </div>`,
      )}
    </div>`;
  }

  #table() {
    const { first, end } = this.span;
    const last = COLUMNS.length;
    return html`<table aria-rowcount=${this.#rows.length + 1}>
      <caption class="hidden">
        Every GPU with its newest reading
      </caption>
      <thead>
        <tr>
          ${COLUMNS.map((column) => this.#head(column))}
        </tr>
      </thead>
      <tbody>
        ${spacer(first * ROW_HEIGHT.table, last)}
        ${repeat(
          this.#rows.slice(first, end),
          (row) => row.device.id,
          (row, at) => this.#tableRow(row, first + at),
        )}
        ${spacer((this.#rows.length - end) * ROW_HEIGHT.table, last)}
      </tbody>
    </table>`;
  }

  #head({ id, label, sort, right }: (typeof COLUMNS)[number]) {
    const active = sort !== undefined && this.sort.column === sort;
    const direction = active ? (this.sort.descending ? 'descending' : 'ascending') : 'none';
    return html`<th class="${id} ${right ? 'right' : ''}" scope="col" aria-sort=${sort ? direction : nothing}>
      ${
        sort
          ? html`<button
            class=${active ? 'active' : ''}
            @click=${() => {
              this.sort = nextSort(this.sort, sort);
            }}
          >
            ${label}${active ? (this.sort.descending ? arrowDown : arrowUp) : nothing}
          </button>`
          : label
      }
    </th>`;
  }

  #tableRow(row: Row, at: number) {
    const { device } = row;
    const current = device.id === this.currentId;
    const before = this.#rows[at - 1];
    const starts = this.sort.column === 'position' && before?.device.node.nodeName !== device.node.nodeName;
    return html`<tr
      class="${current ? 'current' : ''} ${row.stale ? 'faded' : ''} ${starts && at ? 'starts' : ''}"
      aria-rowindex=${at + 2}
      aria-selected=${current}
      tabindex=${current || (this.currentId === null && at === 0) ? 0 : -1}
      @focus=${() => {
        this.currentId = device.id;
      }}
    >
      <td class="node" title=${`${device.node.clusterName} / ${device.node.nodeName}`}>
        ${starts || this.sort.column !== 'position' ? device.node.nodeName : html`<span class="again">${device.node.nodeName}</span>`}
      </td>
      <td class="index right">${device.deviceIndex}</td>
      <td class="model" title=${device.model.modelName}>${shortModel(device.model.modelName)}</td>
      <td class="trend">
        <spark-line
          .values=${this.snapshot.history.device(row.at)}
          .domain=${PERCENT_DOMAIN}
          .width=${96}
          .height=${20}
          .slots=${60}
        ></spark-line>
      </td>
      <td class="utilization">${meter(row.utilizationPct)}<span class="number">${percent(row.utilizationPct)}</span></td>
      <td class="memory">
        ${meter(share(row.memoryUsedMb, row.memoryTotalMb))}<span class="number"
          ><span class="value">${gib(row.memoryUsedMb)}</span><span class="of">${row.memoryTotalMb === null ? nothing : ` of ${gib(row.memoryTotalMb)}`}</span></span
        >
      </td>
      <td class="temperature right">${temperature(row.temperatureC)}</td>
      <td class="power">
        ${meter(share(row.powerW, device.powerLimitW))}<span class="number"
          ><span class="value">${wholeWatts(row.powerW)}</span><span class="of">${powerLimit(row)}</span></span
        >
      </td>
      <td class="status">${statusOf(row)}</td>
      <td class="uuid">${this.#uuid(row)}</td>
    </tr>`;
  }

  #uuid(row: Row) {
    const copied = this.copiedId === row.device.id;
    return html`<button
      class="copy"
      tabindex="-1"
      title=${`Copy ${row.device.gpuUuid}`}
      @click=${() => this.#copy(row)}
    >
      <span>${shortUuid(row.device.gpuUuid)}</span>${copied ? check : copy}
    </button>`;
  }

  #list() {
    const { first, end } = this.span;
    return html`<ul class="list">
      <li class="spacer" ${cssVars({ '--height': `${first * ROW_HEIGHT.list}px` })}></li>
      ${repeat(
        this.#rows.slice(first, end),
        (row) => row.device.id,
        (row) => this.#listRow(row),
      )}
      <li class="spacer" ${cssVars({ '--height': `${(this.#rows.length - end) * ROW_HEIGHT.list}px` })}></li>
    </ul>`;
  }

  #listRow(row: Row) {
    const { device } = row;
    const memory = share(row.memoryUsedMb, row.memoryTotalMb);
    const status = exceptionOf(row);
    return html`<li class="item ${row.stale ? 'faded' : ''}">
      <div class="line">
        <span class="name"><b>${device.node.nodeName}</b> · GPU ${device.deviceIndex}</span>
        ${status === nothing ? html`${meter(row.utilizationPct)}<b class="number">${percent(row.utilizationPct)}</b>` : status}
      </div>
      <div class="line second">
        <span class="name">${shortModel(device.model.modelName)}</span>
        <span>${memory === null ? UNKNOWN : `${gib(row.memoryUsedMb)} of ${gib(row.memoryTotalMb)} GiB`}</span>
        <span class="small">${temperature(row.temperatureC)}</span>
        <span class="small">${row.powerW === null ? UNKNOWN : `${wholeWatts(row.powerW)} W`}</span>
      </div>
    </li>`;
  }

  #filterWords(): string {
    const words = [];
    if (this.text) words.push(`Text: ${this.text}`);
    if (this.stateFilter !== 'all') words.push(`State: ${STATE_WORDS[this.stateFilter]}`);
    return words.join(' and ');
  }

  #visibleSpan(): Span {
    const body = this.renderRoot?.querySelector('tbody, .list');
    const top = body ? -body.getBoundingClientRect().top : 0;
    const height = this.narrow ? ROW_HEIGHT.list : ROW_HEIGHT.table;
    return visibleSpan(this.#rows.length, height, top, innerHeight);
  }

  async #revealCurrent(at: number): Promise<void> {
    const body = this.renderRoot.querySelector('tbody');
    if (!body) return;
    const top = body.getBoundingClientRect().top + at * ROW_HEIGHT.table;
    const room = 48 + ROW_HEIGHT.table + 8; // the top bar and the table's head cover this much
    if (top < room) scrollBy({ top: top - room });
    else if (top > innerHeight - 2 * ROW_HEIGHT.table) scrollBy({ top: top - innerHeight + 2 * ROW_HEIGHT.table });
    this.span = this.#visibleSpan();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('tr.current')?.focus({ preventScroll: true });
  }

  async #copy(row: Row): Promise<void> {
    try {
      await navigator.clipboard.writeText(row.device.gpuUuid);
    } catch {
      return; // the browser allows it on secure addresses only
    }
    this.copiedId = row.device.id;
    this.dispatchEvent(new CustomEvent('say', { detail: 'UUID copied', bubbles: true, composed: true }));
    setTimeout(() => {
      this.copiedId = null;
    }, COPIED_MS);
  }

  readonly #onMedia = (): void => {
    this.narrow = this.#media.matches;
  };

  readonly #onScroll = (): void => {
    const span = this.#visibleSpan();
    if (span.first !== this.span.first || span.end !== this.span.end) this.span = span;
  };
}

const PERCENT_DOMAIN: readonly [number, number] = [0, 100];

function share(part: number | null, whole: number | null): number | null {
  return part === null || !whole ? null : (100 * part) / whole;
}

function wholeWatts(value: number | null): string {
  const { value: text, unit } = watts(value);
  return unit === 'kW' && value !== null ? count(value) : text;
}

function powerLimit({ powerW, device: { powerLimitW } }: Row): string {
  if (powerLimitW !== null) return ` of ${count(powerLimitW)} W`;
  return powerW === null ? '' : ' W';
}

function meter(percentage: number | null) {
  return html`<span class="meter ${percentage === null ? 'unknown' : ''}" aria-hidden="true"
    ><i ${cssVars({ '--share': `${Math.min(100, percentage ?? 0).toFixed(1)}%` })}></i
  ></span>`;
}

function temperature(value: number | null) {
  if (value === null) return UNKNOWN;
  return html`<span class="heat ${heatStep(value) === 8 ? 'hot' : ''}"
    ><i ${cssVars({ '--heat': `var(--heat-${heatStep(value)})` })} aria-hidden="true"></i>${celsius(value)}</span
  >`;
}

/** The badge of a row that is not as it should be. */
function exceptionOf(row: Row) {
  if (row.state === 'unhealthy') return html`<span class="badge crit">${cross}${STATUS_WORDS[row.status]}</span>`;
  if (row.status === 'MAINTENANCE') return html`<span class="badge warn">${warning}${STATUS_WORDS[row.status]}</span>`;
  if (row.state === 'out') return html`<span class="badge">${hatched}${STATUS_WORDS[row.status]}</span>`;
  if (row.ageMs === null) return html`<span class="badge">${staleClock}No reading yet</span>`;
  if (row.stale) return html`<span class="badge">${staleClock}Stale ${duration(row.ageMs)}</span>`;
  return nothing;
}

function statusOf(row: Row) {
  const exception = exceptionOf(row);
  return exception === nothing ? STATUS_WORDS[row.status] : exception;
}

function spacer(height: number, columns: number) {
  return height > 0
    ? html`<tr class="spacer" aria-hidden="true"><td colspan=${columns} ${cssVars({ '--height': `${height}px` })}></td></tr>`
    : nothing;
}

customElements.define('device-table', DeviceTable);
