/** How one GPU is partitioned: its slices, who has them, and what else would fit. */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { App } from '../app/app';
import type { Snapshot } from '../data/fleet';
import { followLayouts, type MigBoard, type MigInstance, type MigPlaces, readMigBoard } from '../data/mig';
import { gib, moment, percent, shortUuid, UNKNOWN } from '../format/format';
import '../parts/copy-button';
import { PageElement } from '../parts/element';
import { check, cross, turning } from '../parts/icons';
import { shared } from '../parts/shared';
import { freeGhosts, geometryOf, holderOf, itemsNow, placeText, sliceWords } from './bar-model';
import { computeUsed, memoryUsed } from './geometry';
import './mig-bar';
import { migSectionStyles } from './mig-section.styles';
import { t as word } from './mig.text';
import { isOpen } from './planner-model';
import { Renewal } from './renewal';
import { t } from './section.text';

const COMPUTE_MARKS = 4;

export class MigSection extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    deviceId: {},
    board: { state: true },
    failed: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare deviceId: string;
  /** null: not read yet, or not there. */
  declare board: MigBoard | null;
  declare failed: boolean;

  readonly #renewal = new Renewal(() => this.#read());

  static override styles = [shared, migSectionStyles];

  constructor() {
    super();
    this.deviceId = '';
    this.board = null;
    this.failed = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#renewal.stop();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (!changed.has('deviceId')) return;
    const id = this.deviceId;
    this.board = null;
    this.failed = false;
    this.#renewal.start((then) => followLayouts(this.app.link, { deviceIds: [id] }, then));
  }

  override render() {
    const { board } = this;
    if (!board) return this.failed ? html`<p class="say" role="alert">${t('failed')}</p>` : nothing;
    if (!board.migCapable) return nothing;
    return html`<section aria-labelledby="heading">
      ${this.#head(board)}
      ${board.migEnabled === true ? this.#layout(board) : html`<p class="say">${offText(board)}</p>`}
    </section>`;
  }

  /** Whether a change is under way. */
  async #read(): Promise<boolean> {
    const id = this.deviceId;
    try {
      const board = await readMigBoard(this.app.link, id);
      if (id !== this.deviceId) return false;
      this.board = board;
      this.failed = false;
    } catch (error) {
      if (id === this.deviceId) this.failed = true;
      throw error;
    }
    return this.board?.migCommands.some(isOpen) ?? false;
  }

  #head(board: MigBoard) {
    const href = this.app.router.href({ page: 'planner', id: board.node.id, query: {} });
    return html`<div class="head">
      <h2 id="heading">${t('heading')}</h2>
      <span class="used">${board.migEnabled === true ? usedText(board) : nothing}</span>
      ${board.fragmentation === null ? nothing : fragmentation(board.fragmentation)}
      <a class="button" href=${href}>${t('plan')}</a>
    </div>`;
  }

  #layout(board: MigBoard) {
    const geometry = geometryOf(board);
    return html`<div class="bar">
        <mig-bar
          .geometry=${geometry}
          .items=${itemsNow(board, geometry)}
          .ghosts=${freeGhosts(board)}
          .sliceWords=${sliceWords(geometry)}
          label=${t('bar')}
        ></mig-bar>
        ${refusals(board.migPlaces)}
      </div>
      <div class="tables">${this.#instances(board)} ${this.#places(board.migPlaces)}</div>`;
  }

  #instances({ migInstances }: MigBoard) {
    if (!migInstances.length) {
      return html`<div><h3>${t('instances')}</h3><p class="none">${t('noInstances')}</p></div>`;
    }
    return table('instances', ['instance', 'holder', 'status', 'since', 'uuid'], migInstances.map(instanceRow));
  }

  #places(places: readonly MigPlaces[]) {
    return table('places', ['profile', 'slices', 'memory', 'now', 'idle'], places.map(placesRow));
  }
}

type Column = 'instance' | 'holder' | 'status' | 'since' | 'uuid' | 'profile' | 'slices' | 'memory' | 'now' | 'idle';

function table(name: 'instances' | 'places', columns: readonly Column[], rows: readonly TemplateResult[]) {
  return html`<div>
    <h3 id=${name}>${t(name)}</h3>
    <div class="scrolls" tabindex="0" role="region" aria-labelledby=${name}>
      <table aria-labelledby=${name}>
        <thead>
          <tr>
            ${columns.map((column) => html`<th scope="col" class=${column}>${t(`column.${column}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
  </div>`;
}

function instanceRow(instance: MigInstance): TemplateResult {
  const { allocatedDate, migUuid } = instance;
  return html`<tr>
    <th scope="row">${placeText(instance)}</th>
    <td>${holderOf(instance)}</td>
    <td>${stateOf(instance)}</td>
    <td>${allocatedDate === null ? UNKNOWN : moment(new Date(allocatedDate))}</td>
    <td class="uuid">
      ${
        migUuid === null
          ? UNKNOWN
          : html`${shortUuid(migUuid)}<copy-button .what=${t('column.uuid')} .value=${migUuid}></copy-button>`
      }
    </td>
  </tr>`;
}

/** In dense lists only exceptions get a badge. */
function stateOf({ instanceStatus }: MigInstance) {
  const text = word(instanceStatus);
  if (instanceStatus === 'READY') return html`<span class="ready">${check}${text}</span>`;
  if (instanceStatus === 'LOST') return html`<span class="badge crit">${cross}${text}</span>`;
  return html`<span class="badge acc">${turning}${text}</span>`;
}

function placesRow({ profile, placesNow, placesFree }: MigPlaces): TemplateResult {
  const { profileName, memorySlices: memory, computeSlices: compute, memoryMb } = profile;
  return html`<tr>
    <th scope="row">${profileName}</th>
    <td class="slices">${t('slices', { memory, compute })}</td>
    <td class="memory">${gib(memoryMb)}</td>
    <td class="now">${placesNow}</td>
    <td class="idle">${placesFree}</td>
  </tr>`;
}

/** The smallest profile that does not fit, in the server's words; the others on demand. */
function refusals(places: readonly MigPlaces[]) {
  const [first, ...others] = places.filter(({ whyNot }) => whyNot !== null);
  if (!first) return nothing;
  const names = others.map(({ profile }) => profile.profileName).join(', ');
  return html`<p class="why" lang="en">${first.whyNot}</p>
    ${
      others.length
        ? html`<details>
            <summary>${t('others', { names })}</summary>
            ${others.map(({ whyNot }) => html`<p class="why" lang="en">${whyNot}</p>`)}
          </details>`
        : nothing
    }`;
}

function usedText(board: MigBoard): string {
  const geometry = geometryOf(board);
  const held = board.migInstances.filter(({ allocated }) => allocated);
  return t('used', {
    memory: memoryUsed(held),
    memoryAll: geometry.memorySlices,
    compute: computeUsed(geometry, held),
    computeAll: geometry.computeSlices,
  });
}

function fragmentation(value: number) {
  const text = t('fragmentationValue', { value: value.toFixed(2), share: percent(100 * value) });
  const filled = Math.round(value * COMPUTE_MARKS);
  return html`<span class="fragmentation" title=${text}>
    <span class="hidden">${text}</span>
    <span aria-hidden="true">${t('fragmentation')}</span>
    <span class="marks" aria-hidden="true"
      >${Array.from({ length: COMPUTE_MARKS }, (_, at) => html`<i class=${at < filled ? 'lost' : ''}></i>`)}</span
    >
    <b aria-hidden="true">${value.toFixed(2)}</b>
  </span>`;
}

function offText({ migEnabled, migPending }: MigBoard): string {
  if (migPending === true) return t('pendingOn');
  return migEnabled === null ? t('offNever') : t('off');
}

customElements.define('mig-section', MigSection);
