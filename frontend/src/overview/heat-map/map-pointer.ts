/** What the pointer does on the map: waits over a cell, presses one, draws a rectangle. */

import { type Geometry, type Hit, hitAt, type Rect } from './geometry';

/** The map as the pointer needs it. */
export interface Touched {
  readonly geometry: Geometry;
  /** The pointer rests on something; null: on nothing. */
  hovered(hit: Hit | null): void;
  pressed(hit: Hit, adds: boolean): void;
  /** A rectangle is being drawn, and was drawn to the end. */
  drawing(rect: Rect | null): void;
  drawn(rect: Rect, adds: boolean): void;
}

/** How long the pointer rests before it is taken to ask, ms. */
const REST_MS = 80;

/** Less than this, px, is a press with an unsteady hand. */
const DRAG_FROM = 4;

export class MapPointer {
  readonly #map: Touched;
  #over: string | null = null;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  #start: { x: number; y: number } | null = null;
  #rect: Rect | null = null;
  #drew = false;

  constructor(map: Touched) {
    this.#map = map;
  }

  stop(): void {
    clearTimeout(this.#restTimer);
    this.#over = null;
    this.#endDrag();
  }

  readonly down = (event: PointerEvent): void => {
    this.#drew = false;
    if (event.button !== 0 || event.pointerType === 'touch') return; // a finger scrolls
    this.#start = { x: event.offsetX, y: event.offsetY };
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };

  readonly move = (event: PointerEvent): void => {
    if (event.pointerType === 'touch') return;
    const { offsetX: x, offsetY: y } = event;
    if (this.#start) this.#drag(this.#start, x, y);
    if (this.#rect) this.#rest(null);
    else this.#rest(hitAt(this.#map.geometry, x, y));
  };

  readonly leave = (): void => this.#rest(null);

  readonly up = (event: PointerEvent): void => {
    const rect = this.#rect;
    this.#endDrag();
    if (!rect) return;
    this.#drew = true;
    this.#map.drawn(rect, adds(event));
  };

  readonly cancel = (): void => this.#endDrag();

  readonly click = (event: MouseEvent): void => {
    if (this.#drew) return;
    const hit = hitAt(this.#map.geometry, event.offsetX, event.offsetY);
    if (hit) this.#map.pressed(hit, adds(event));
  };

  #drag(start: { x: number; y: number }, x: number, y: number): void {
    if (!this.#rect && Math.hypot(x - start.x, y - start.y) < DRAG_FROM) return;
    this.#rect = {
      left: Math.min(start.x, x),
      top: Math.min(start.y, y),
      right: Math.max(start.x, x),
      bottom: Math.max(start.y, y),
    };
    this.#map.drawing(this.#rect);
  }

  #endDrag(): void {
    this.#start = null;
    if (!this.#rect) return;
    this.#rect = null;
    this.#map.drawing(null);
  }

  #rest(hit: Hit | null): void {
    const over = nameOf(hit);
    if (over === this.#over) return;
    this.#over = over;
    clearTimeout(this.#restTimer);
    if (over === null) this.#map.hovered(null);
    else this.#restTimer = setTimeout(() => this.#map.hovered(hit), REST_MS);
  }
}

function adds(event: MouseEvent): boolean {
  return event.metaKey || event.ctrlKey;
}

function nameOf(hit: Hit | null): string | null {
  if (hit?.kind === 'cell') return `cell ${hit.at}`;
  return hit?.kind === 'label' ? `node ${hit.node.id}` : null;
}
