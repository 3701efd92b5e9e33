/** Draws only the rows of a long list that are on the screen; the page itself scrolls. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface Span {
  readonly first: number;
  /** One past the last. */
  readonly end: number;
}

/** Drawn beside the screen, so that scrolling finds them there; and in which steps, so that it draws seldom. */
const BESIDE = 8;
const STEP = 4;

/** Up to this many rows, all are drawn. */
const DRAW_ALL = 200;

/** The rows near the screen. `top` is how far the list is scrolled, in px. */
export function nearSpan(rows: number, rowHeight: number, top: number, viewport: number): Span {
  const first = Math.floor((Math.floor(top / rowHeight) - BESIDE) / STEP) * STEP;
  const end = Math.ceil((Math.ceil((top + viewport) / rowHeight) + BESIDE) / STEP) * STEP;
  return { first: Math.min(rows, Math.max(0, first)), end: Math.min(rows, Math.max(0, end)) };
}

interface List {
  /** How many rows there are, and how high each is in px. */
  readonly rows: () => number;
  readonly rowHeight: number;
  /** The element whose top is that of the first row. */
  readonly body: () => Element | null;
  /** What covers the screen above and below the rows, in px. */
  readonly covered: { readonly top: number; readonly bottom: number };
}

/** Keeps the spans of its element's list; renders the element anew when they change. */
export class VirtualRows implements ReactiveController {
  /** The rows near the screen: those that are worth keeping up to date. */
  near: Span = { first: 0, end: 0 };

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly list: List,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('scroll', this.#onMove, { passive: true });
    addEventListener('resize', this.#onMove, { passive: true });
  }

  hostDisconnected(): void {
    removeEventListener('scroll', this.#onMove);
    removeEventListener('resize', this.#onMove);
  }

  hostUpdate(): void {
    this.#measure();
  }

  hostUpdated(): void {
    this.#onMove(); // the place of the first row is known only once it is drawn
  }

  /** Scrolls no further than it takes to see the row. */
  reveal(row: number): void {
    const { rowHeight, covered } = this.list;
    const top = row * rowHeight - this.#top();
    const lowest = innerHeight - covered.bottom - rowHeight;
    if (top < covered.top) scrollBy({ top: top - covered.top });
    else if (top > lowest) scrollBy({ top: top - lowest });
    this.host.requestUpdate();
  }

  readonly #onMove = (): void => {
    if (this.#measure()) this.host.requestUpdate();
  };

  /** The rows to draw. */
  get drawn(): Span {
    const rows = this.list.rows();
    return rows <= DRAW_ALL ? { first: 0, end: rows } : this.near;
  }

  /** True where others are near the screen than before. */
  #measure(): boolean {
    const { first, end } = this.near;
    this.near = nearSpan(this.list.rows(), this.list.rowHeight, this.#top(), innerHeight);
    return this.near.first !== first || this.near.end !== end;
  }

  #top(): number {
    return -(this.list.body()?.getBoundingClientRect().top ?? 0);
  }
}
