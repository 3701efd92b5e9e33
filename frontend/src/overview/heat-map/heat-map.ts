/** Every GPU of the fleet on one canvas: a cell each, its colour a reading, its shape the state. */

import { html, nothing, type PropertyValues } from 'lit';
import type { App } from '../../app/app';
import { isDark } from '../../app/preferences';
import { isKnown, type Snapshot } from '../../data/fleet';
import type { Metric } from '../../data/history';
import type { DeviceState } from '../../data/states';
import { count } from '../../format/format';
import { cssVars } from '../../parts/css-vars';
import { PageElement } from '../../parts/element';
import { shared } from '../../parts/shared';
import { cellSize } from './cell-size';
import { type Box, cellsIn, type Geometry, type Hit, nodeCorner, type Rect } from './geometry';
import type { Grouping } from './groups';
import { heatMapStyles } from './heat-map.styles';
import { t } from './heat-map.text';
import { MapCanvas } from './map-canvas';
import { MapPointer, type Touched } from './map-pointer';
import { drawnRect, focusedRow, headOf, ring, type Square, squareOf, tipAt, waitingRow, zoomHead } from './map-parts';
import { deviceTip, nodeTip, tooltipStyles } from './map-tooltip';
import { moved } from './moves';
import { labelRoom } from './painter';
import { Picture } from './picture';
import { joined, kept, NOTHING, type Selection, toggled } from './selection';
import { groupWords } from './words';

export class HeatMap extends PageElement implements Touched {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    metric: { attribute: false },
    group: { attribute: false },
    stateFilter: { attribute: false },
    selection: { attribute: false },
    over: { state: true },
    focusedId: { state: true },
    keysShown: { state: true },
    pinnedId: { state: true },
    zoomed: { state: true },
    rect: { state: true },
    width: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare metric: Metric;
  declare group: Grouping;
  /** '' for all; GPUs in other states are dimmed, not removed. */
  declare stateFilter: DeviceState | '';
  /** Ids of the chosen GPUs. What the reader changes about it, `selection-change` tells. */
  declare selection: Selection;
  /** What the pointer rests on. */
  declare over: Hit | null;
  /** The device on which the keys stand, and whether that is to be seen. */
  declare focusedId: string | null;
  declare keysShown: boolean;
  declare pinnedId: string | null;
  /** On a phone: the key of the group that is seen closely. */
  declare zoomed: string | null;
  /** What is being drawn to choose GPUs. */
  declare rect: Rect | null;
  declare width: number;

  readonly #picture = new Picture((names) => labelRoom(names, getComputedStyle(this).fontFamily));
  readonly #pointer = new MapPointer(this);
  readonly #resizes = new ResizeObserver(() => {
    if (this.clientWidth) this.width = this.clientWidth;
  });
  #canvas: MapCanvas | null = null;
  #unwatch: (() => void) | null = null;
  #startedAt = 0;
  /** Where a group head stood on the screen when it was pressed: it stays there. */
  #held: { key: string; top: number } | null = null;

  static override styles = [shared, heatMapStyles, tooltipStyles];

  constructor() {
    super();
    this.metric = 'utilization';
    this.group = 'pool';
    this.stateFilter = '';
    this.selection = NOTHING;
    this.over = null;
    this.focusedId = null;
    this.keysShown = false;
    this.pinnedId = null;
    this.zoomed = null;
    this.rect = null;
    this.width = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resizes.observe(this);
    addEventListener('scroll', this.#onScroll, { passive: true, capture: true });
    addEventListener('keydown', this.#onAnyKey);
    this.#unwatch = isDark.watch(() => {
      this.#canvas?.recolour();
      this.requestUpdate();
    });
    this.#canvas?.recolour(); // they may have changed meanwhile
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resizes.disconnect();
    removeEventListener('scroll', this.#onScroll, { capture: true });
    removeEventListener('keydown', this.#onAnyKey);
    this.#unwatch?.();
    this.#pointer.stop();
  }

  get geometry(): Geometry {
    return this.#picture.geometry;
  }

  override willUpdate(changed: PropertyValues): void {
    this.#startedAt = performance.now();
    if (!this.width) this.width = this.clientWidth;
    if (changed.has('snapshot') && this.snapshot.layout) {
      const rest = kept(this.selection, this.snapshot.layout);
      if (rest !== this.selection) this.#select(rest);
    }
    const { metric, group, stateFilter, selection, zoomed } = this;
    const before = this.geometry;
    this.#picture.show(this.snapshot, { metric, group, stateFilter, selection, zoomed }, this.width);
    if (before !== this.geometry) this.#forgetPointer();
  }

  /** What is under the pointer now is found when it moves. */
  #forgetPointer(): void {
    this.#pointer.stop();
    this.over = null;
  }

  override firstUpdated(): void {
    const frame = this.renderRoot.querySelector<HTMLElement>('.frame');
    const canvas = this.renderRoot.querySelector('canvas');
    if (frame && canvas) this.#canvas = new MapCanvas(this.renderRoot as ShadowRoot, frame, canvas);
  }

  override updated(): void {
    this.#hold();
    this.#canvas?.paint(this.#picture, this.metric);
    cellSize.value = this.geometry.boxes[0]?.scale.cell ?? cellSize.value;
    performance.clearMeasures('heat-map'); // the last one is enough, and a wall display keeps none for weeks
    performance.measure('heat-map', { start: this.#startedAt });
  }

  override render() {
    const { geometry } = this;
    return html`<div class="frame" ${cssVars({ '--height': `${geometry.height}px` })}>
      <canvas aria-hidden="true"></canvas>
      ${this.#grid()} ${geometry.boxes.map((box) => this.#head(box))} ${this.#marks()} ${this.#tip()}
    </div>`;
  }

  #grid() {
    const { geometry } = this;
    const nodes = geometry.boxes.reduce((sum, { group }) => sum + group.nodes.length, 0);
    const columns = geometry.boxes.reduce((most, { group }) => Math.max(most, group.columns), 0);
    const at = this.#focused;
    return html`<div
      class="grid ${this.over ? 'over' : ''}"
      role="grid"
      tabindex="0"
      aria-label=${isKnown(this.snapshot) ? t('map', { metric: t(this.metric) }) : t('loading')}
      aria-busy=${!isKnown(this.snapshot)}
      aria-multiselectable="true"
      aria-rowcount=${nodes}
      aria-colcount=${columns + 1}
      aria-activedescendant=${at === null ? nothing : `cell-${at}`}
      @focus=${this.#onFocus}
      @blur=${this.#onBlur}
      @keydown=${this.#onKey}
      @pointerdown=${this.#pointer.down}
      @pointermove=${this.#pointer.move}
      @pointerleave=${this.#pointer.leave}
      @pointerup=${this.#pointer.up}
      @pointercancel=${this.#pointer.cancel}
      @click=${this.#pointer.click}
    >
      ${isKnown(this.snapshot) && at !== null ? focusedRow(this.snapshot, at, geometry, this.metric, this.selection) : waitingRow()}
    </div>`;
  }

  #head(box: Box) {
    const { snapshot, metric, zoomed } = this;
    const { narrow } = this.geometry;
    const totals = this.#picture.totals.get(box.group.key);
    if (!totals || !isKnown(snapshot)) return headOf(box, null);
    const words = groupWords(box.group, totals, snapshot, metric, narrow);
    return narrow ? zoomHead(box, words, zoomed, () => this.#zoom(box)) : headOf(box, words);
  }

  /** Rings around what is pointed at, in focus, pinned; and what is being drawn. */
  #marks() {
    const { geometry, over } = this;
    const pointedAt = over?.kind === 'cell' ? over.at : null;
    return html`${ring('over', squareOf(geometry, pointedAt))}
    ${this.keysShown ? ring('focus', squareOf(geometry, this.#focused)) : nothing}
    ${ring('pin', squareOf(geometry, this.#positionOf(this.pinnedId)))} ${drawnRect(this.rect)}`;
  }

  /** Of what is pinned; else of what the pointer rests on; else of what is in focus. */
  #tip() {
    const { snapshot, over, geometry } = this;
    if (!isKnown(snapshot) || this.rect) return nothing;
    const pinned = this.#positionOf(this.pinnedId);
    if (pinned === null && over?.kind === 'label') {
      const { node, box } = over;
      const square = { ...nodeCorner(box, box.group.nodes.indexOf(node)), size: box.scale.cell };
      return this.#tipAt(square, nodeTip(snapshot, node.id), false);
    }
    const at = pinned ?? (over?.kind === 'cell' ? over.at : this.keysShown ? this.#focused : null);
    const square = squareOf(geometry, at);
    return at === null || !square ? nothing : this.#tipAt(square, deviceTip(snapshot, at), pinned !== null);
  }

  #tipAt(square: Square, content: unknown, pinned: boolean) {
    return tipAt(square, content, pinned, this.width, this.getBoundingClientRect().top);
  }

  #positionOf(id: string | null): number | null {
    const at = id === null ? undefined : this.snapshot.layout?.at.get(id);
    return at === undefined || !squareOf(this.geometry, at) ? null : at;
  }

  /** Where the keys stand: at first, on the first cell. */
  get #focused(): number | null {
    if (!isKnown(this.snapshot)) return null;
    return this.#positionOf(this.focusedId) ?? this.geometry.boxes[0]?.group.cells[0] ?? null;
  }

  hovered(hit: Hit | null): void {
    this.over = hit;
  }

  pressed(hit: Hit, adds: boolean): void {
    if (this.geometry.narrow && this.zoomed !== hit.box.group.key) {
      this.#zoom(hit.box);
      return;
    }
    if (hit.kind === 'label') this.app.router.go({ page: 'node', id: hit.node.id, query: {} });
    const id = hit.kind === 'cell' ? this.#idAt(hit.at) : null;
    if (id === null) return;
    this.focusedId = id;
    if (adds) this.#select(toggled(this.selection, id));
    else this.#open(id);
  }

  drawing(rect: Rect | null): void {
    this.rect = rect;
  }

  drawn(rect: Rect, adds: boolean): void {
    const ids = cellsIn(this.geometry, rect).flatMap((at) => this.#idAt(at) ?? []);
    this.#select(joined(adds ? this.selection : NOTHING, ids));
  }

  #idAt(at: number): string | null {
    return this.snapshot.layout?.devices[at]?.id ?? null;
  }

  #open(id: string): void {
    this.app.router.go({ page: 'device', id, query: {} });
  }

  #select(selection: Selection): void {
    this.selection = selection;
    this.app.said.value = t('selected', { n: selection.size, count: count(selection.size) });
    this.dispatchEvent(new CustomEvent('selection-change', { detail: { selection }, bubbles: true, composed: true }));
  }

  #zoom({ group, top }: Box): void {
    this.zoomed = this.zoomed === group.key ? null : group.key;
    this.#held = { key: group.key, top };
  }

  /** Scrolls so that the head that was pressed stays where it was, though groups above it changed their height. */
  #hold(): void {
    const held = this.#held;
    this.#held = null;
    const box = held && this.geometry.boxes.find(({ group }) => group.key === held.key);
    if (box && box.top !== held.top) scrollBy(0, box.top - held.top);
  }

  readonly #onFocus = (event: FocusEvent): void => {
    this.keysShown = (event.currentTarget as Element).matches(':focus-visible');
  };

  readonly #onBlur = (): void => {
    this.keysShown = false;
  };

  readonly #onScroll = (): void => {
    if (this.#canvas?.isLeft(this.geometry.height)) this.#canvas.paint(this.#picture, this.metric);
  };

  /** What hangs over the page under the pointer can be sent away wherever the focus is. */
  readonly #onAnyKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && !event.defaultPrevented && this.over) this.over = null;
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const at = this.#focused;
    const id = at === null ? null : this.#idAt(at);
    if (at === null || id === null || event.altKey || !this.#act(event, at, id)) return;
    event.preventDefault();
  };

  #act(event: KeyboardEvent, at: number, id: string): boolean {
    const adds = event.ctrlKey || event.metaKey;
    switch (event.key) {
      case 'Enter':
        if (adds) this.#select(toggled(this.selection, id));
        else this.#open(id);
        return true;
      case ' ':
        this.#pin(id);
        return true;
      case 'Escape':
        return this.#clear();
      default:
        if (adds) return false;
        return event.key.toLowerCase() === 'x' ? this.#choose(id) : this.#move(event, at);
    }
  }

  #choose(id: string): boolean {
    this.keysShown = true;
    this.#select(toggled(this.selection, id));
    return true;
  }

  /** Moves the focus; with Shift, what it leaves and reaches is chosen. */
  #move(event: KeyboardEvent, at: number): boolean {
    if (!/^(Arrow|Home$|End$|Page)/.test(event.key)) return false;
    const next = this.keysShown ? moved(this.geometry, at, event.key) : at;
    const ids = next === null ? [] : [this.#idAt(at), this.#idAt(next)].flatMap((id) => id ?? []);
    this.keysShown = true;
    this.over = null;
    this.focusedId = ids.at(-1) ?? this.focusedId;
    if (event.shiftKey) this.#select(joined(this.selection, ids));
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector('.ring.focus')?.scrollIntoView({ block: 'nearest' });
    });
    return true;
  }

  /** Keeps the tooltip that is shown, or lets it go. */
  #pin(focusedId: string): void {
    const shown = this.over?.kind === 'cell' ? this.#idAt(this.over.at) : focusedId;
    this.pinnedId = this.pinnedId === null || this.pinnedId !== shown ? shown : null;
  }

  /** The last thing that was put on the map: the pin, else the selection, else the tooltip. */
  #clear(): boolean {
    if (this.pinnedId !== null) this.pinnedId = null;
    else if (this.selection.size) this.#select(NOTHING);
    else if (this.over || this.keysShown) {
      this.over = null;
      this.keysShown = false;
    } else return false;
    return true;
  }
}

customElements.define('heat-map', HeatMap);
