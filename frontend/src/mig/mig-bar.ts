/** A partitioned GPU: memory slices with the instances in them, compute slices below, and what could be where. */

import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { classMap } from 'lit/directives/class-map.js';
import { cssVars } from '../parts/css-vars';
import { PageElement } from '../parts/element';
import { cross, turning } from '../parts/icons';
import { shared } from '../parts/shared';
import { type BarGhost, type BarItem, lanesOf, placeText, ticksOf } from './bar-model';
import { type Geometry, type Placement, spanOf } from './geometry';
import { migBarStyles } from './mig-bar.styles';
import { t } from './mig.text';

/** An instance was chosen. */
export type ItemPicked = CustomEvent<Placement>;
/** A place in the lane was chosen. */
export type GhostPicked = CustomEvent<Placement>;

/** Fires `item-picked` and `ghost-picked`, where these can be chosen. */
export class MigBar extends PageElement {
  static override properties = {
    geometry: { attribute: false },
    items: { attribute: false },
    ghosts: { attribute: false },
    label: {},
    compact: { type: Boolean },
    picks: { type: Boolean },
    selected: {},
    sliceWords: {},
    inside: { type: Boolean },
    lanesName: {},
  };
  declare geometry: Geometry;
  declare items: readonly BarItem[];
  declare ghosts: readonly BarGhost[];
  /** What the bar is called where it is read out. */
  declare label: string;
  /** One row without names, indices and compute. */
  declare compact: boolean;
  /** Whether instances and places can be chosen. */
  declare picks: boolean;
  /** The key of the chosen instance; '' for none. */
  declare selected: string;
  /** How large the memory slices are: 8 × 10 GB; '' where that is not known. */
  declare sliceWords: string;
  /** Whether places are shown in the slices instead of in lanes below: nothing moves when they come and go. */
  declare inside: boolean;
  /** What the lanes are called. */
  declare lanesName: string;

  static override styles = [shared, migBarStyles];

  constructor() {
    super();
    this.items = [];
    this.ghosts = [];
    this.label = '';
    this.compact = false;
    this.picks = false;
    this.selected = '';
    this.sliceWords = '';
    this.inside = false;
    this.lanesName = '';
  }

  override render() {
    const { compact } = this;
    const slices = Array.from({ length: this.geometry.memorySlices }, (_, at) => at);
    return html`<div class=${classMap({ bar: true, compact })} ${cssVars({ '--slices': `${slices.length}` })}>
      ${compact ? nothing : this.#indices(slices)}
      ${compact ? nothing : html`<div class="name">${t('memory')} <small>${this.sliceWords}</small></div>`}
      ${this.#memory(slices)} ${compact ? nothing : this.#compute()} ${this.inside ? nothing : this.#lanes()}
    </div>`;
  }

  /** Where in the window a slice begins, and how wide one is: for what is dragged over the bar. */
  get scale(): DOMRect | null {
    return this.renderRoot.querySelector('.memory')?.getBoundingClientRect() ?? null;
  }

  /** Gives the focus to an instance. */
  focusItem(key: string): void {
    const faces = this.renderRoot.querySelectorAll<HTMLElement>('button.face');
    [...faces].find(({ dataset }) => dataset['key'] === key)?.focus();
  }

  #indices(slices: readonly number[]) {
    return html`<div class="name wide">${t('slice')}</div>
      <div class="scale indices" aria-hidden="true">
        ${slices.map((at) => html`<span ${cssVars({ '--from': `${at + 1}`, '--size': '1' })}>${at}</span>`)}
      </div>`;
  }

  #memory(slices: readonly number[]) {
    const held = new Set(this.items.flatMap(({ placement }) => covered(placement)));
    return html`<ul class="scale memory" aria-label=${this.label}>
      ${repeat(
        this.items,
        ({ key }) => key,
        (item) => this.#item(item),
      )}
      ${slices
        .filter((at) => !held.has(at))
        .map(
          (at) =>
            html`<li class="hole" ${cssVars({ '--from': `${at + 1}`, '--size': '1' })}>
              <span class="hidden">${t('free', { n: at })}</span>
            </li>`,
        )}
      ${this.inside ? this.ghosts.map((ghost) => html`<li class="place" ${cssVars(where(ghost.placement))}>${this.#ghost(ghost, 0)}</li>`) : nothing}
    </ul>`;
  }

  #item(item: BarItem) {
    const { placement, series, kind, state, key } = item;
    const classes = {
      item: true,
      [kind]: true,
      [state]: true,
      one: placement.placementSize === 1,
      two: placement.placementSize === 2,
      selected: key === this.selected,
    };
    return html`<li
      class=${classMap(classes)}
      ${cssVars({ ...where(placement), '--hue': `var(--series-${series})` })}
    >
      ${
        this.picks
          ? html`<button
              class="face"
              data-key=${key}
              aria-pressed=${key === this.selected}
              aria-label=${nameOf(item)}
              title=${nameOf(item)}
              @click=${() => this.#tell('item-picked', placement)}
              @pointerdown=${(event: PointerEvent) => this.#grab(event, placement)}
            >
              ${face(item)}
            </button>`
          : html`<span class="hidden">${nameOf(item)}</span>
              <div class="face" aria-hidden="true" title=${nameOf(item)}>${face(item)}</div>`
      }
    </li>`;
  }

  #compute() {
    const ticks = ticksOf(this.geometry, this.items);
    const used = ticks.filter((tick) => tick !== null).length;
    return html`<div class="name wide">${t('compute')}</div>
      <div
        class="scale ticks"
        role="img"
        aria-label=${t('computeUsed', { used, all: ticks.length })}
        ${cssVars({ '--ticks': `${ticks.length}` })}
      >
        ${ticks.map((item) =>
          item ? html`<i class="taken" ${cssVars({ '--hue': `var(--series-${item.series})` })}></i>` : html`<i></i>`,
        )}
      </div>`;
  }

  #lanes() {
    const { ghosts } = this;
    if (!ghosts.length) return nothing;
    const lanes = lanesOf(ghosts);
    const name = this.lanesName || t('couldFit');
    return html`${this.compact ? nothing : html`<div class="name">${name}</div>`}
      <div class="scale lanes" role="group" aria-label=${name}>
        ${ghosts.map((ghost, at) => this.#ghost(ghost, lanes[at] ?? 0))}
      </div>
      ${this.picks ? nothing : html`<p class="list">${ghosts.map(({ text }) => text).join(' · ')}</p>`}`;
  }

  #ghost({ placement, kind, text }: BarGhost, lane: number) {
    const place = cssVars({ ...where(placement), '--lane': `${lane + 1}` });
    return this.picks
      ? html`<button class="ghost ${kind}" title=${text} @click=${() => this.#tell('ghost-picked', placement)} ${place}>
          ${text}
        </button>`
      : html`<div class="ghost ${kind}" title=${text} ${place}>${text}</div>`;
  }

  #tell(name: 'item-picked' | 'ghost-picked', placement: Placement): void {
    this.dispatchEvent(new CustomEvent(name, { detail: placement }));
  }

  /** It may become a drag: whoever shows the bar decides. */
  #grab(event: PointerEvent, placement: Placement): void {
    this.dispatchEvent(new CustomEvent('item-grabbed', { detail: { placement, event } }));
  }
}

function face({ placement, words, note, state }: BarItem): TemplateResult {
  const [compute = '', memory = ''] = placement.profileName.split(/(?<=\.)/); // where a line may end
  return html`<b>${compute}<wbr />${memory}</b>
    ${state === 'READY' ? nothing : html`<span class="state">${glyphOf(state)}<span class="word">${t(state)}</span></span>`}
    ${note && state === 'READY' ? html`<span class="note">${note}</span>` : nothing}
    <span class="words">${words}</span>`;
}

function glyphOf(state: 'CREATING' | 'DELETING' | 'LOST') {
  return state === 'LOST' ? cross : turning;
}

/** 3g.40gb at 0, slices 0–3, vision-lab / nb-hweber */
function nameOf({ placement, words, note, state }: BarItem): string {
  const said = note ? `${words}, ${note}` : words;
  const values = { place: placeText(placement), span: spanOf(placement), words: said };
  return state === 'READY' ? t('item', values) : t('itemState', { ...values, state: t(state) });
}

function where({ placementStart, placementSize }: Placement) {
  return { '--from': `${placementStart + 1}`, '--size': `${placementSize}` };
}

function covered({ placementStart, placementSize }: Placement): readonly number[] {
  return Array.from({ length: placementSize }, (_, at) => placementStart + at);
}

customElements.define('mig-bar', MigBar);
