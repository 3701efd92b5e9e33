/** The page's one connection to the fleet: it subscribes, reconnects, and tells its listener what is so now. */

import { type Client, createClient } from 'graphql-ws';
import { FLEET_FRAMES } from './documents';
import { History } from './history';
import { type Query, queryOver, TokenNeeded } from './http';
import { LayoutMoved, readLayout } from './layout';
import { retryDelayMs } from './retry';
import { slowAfterMs, staleAfterMs, type Totals, totalsOf } from './totals';
import type { Frame, Layout, Viewer } from './types';

const GAPS_KEPT = 12;

/** The server sends a heartbeat every five seconds; this long without one, the connection is dead. */
const SILENCE_MS = 20_000;

const TOKEN_KEY = 'gpu-token';

export type Link = 'connecting' | 'open' | 'lost' | 'refused';

export type Feed = 'connecting' | 'live' | 'slow' | 'stale' | 'offline' | 'paused';

/** Everything the page shows, as it is at `now`. Times are those of `performance.now()`. */
export interface Snapshot {
  readonly now: number;
  readonly link: Link;
  readonly feed: Feed;
  readonly reason: string;
  readonly retryAt: number | null;
  readonly pausedAt: Date | null;
  readonly viewer: Viewer | null;
  /** Whether a token was sent; where it was refused, the reason is about that token. */
  readonly hasToken: boolean;
  readonly layout: Layout | null;
  readonly frame: Frame | null;
  /** How long ago the frame arrived, in milliseconds. */
  readonly sinceMs: number;
  readonly totals: Totals | null;
  readonly gapsMs: readonly number[];
  readonly history: History;
}

/** The state of the data flow: what the live indicator says. */
export function feedOf(link: Link, paused: boolean, intervalMs: number | null, newestAgeMs: number | null): Feed {
  if (link === 'lost' || link === 'refused') return 'offline';
  if (intervalMs === null) return 'connecting';
  if (paused) return 'paused';
  if (newestAgeMs === null || newestAgeMs > staleAfterMs(intervalMs)) return 'stale';
  return newestAgeMs > slowAfterMs(intervalMs) ? 'slow' : 'live';
}

export class FleetFeed {
  readonly #query: Query;
  readonly #listener: (snapshot: Snapshot) => void;
  readonly #history = new History();
  readonly #client: Client;
  #link: Link = 'connecting';
  #reason = '';
  #failures = 0;
  #retryAt: number | null = null;
  #retryTimer = 0;
  #unsubscribe: (() => void) | null = null;
  #pausedAt: Date | null = null;
  #viewer: Viewer | null = null;
  /** The newest layout and frame; they need not belong together yet. */
  #layout: Layout | null = null;
  #newest: Frame | null = null;
  /** What is on the screen: a frame with the layout it belongs to. */
  #shown: { layout: Layout; frame: Frame; at: number } | null = null;
  #heardAt = 0;
  #gapsMs: number[] = [];
  #readingLayout = false;
  #announcing = false;
  #beat = 0;

  /** `listener` is called at most once per painted frame of the screen, and once a second while nothing comes. */
  constructor(listener: (snapshot: Snapshot) => void, base: URL = new URL(location.href)) {
    const url = new URL('/graphql', base);
    this.#listener = listener;
    this.#query = queryOver(url.href, () => this.token);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#client = createClient({
      url: url.href,
      lazy: true,
      retryAttempts: 0, // retries are made here, where they can be shown
      connectionParams: () => (this.token ? { Authorization: `Bearer ${this.token}` } : {}),
    });
  }

  start(): void {
    addEventListener('online', this.#retryNow);
    document.addEventListener('visibilitychange', this.#seen);
    this.#beat = window.setInterval(this.#onBeat, 1000);
    this.#connect();
  }

  stop(): void {
    removeEventListener('online', this.#retryNow);
    document.removeEventListener('visibilitychange', this.#seen);
    clearInterval(this.#beat);
    clearTimeout(this.#retryTimer);
    this.#unsubscribe?.();
    void this.#client.dispose();
  }

  get token(): string | null {
    return sessionStorage.getItem(TOKEN_KEY);
  }

  /** Signs in with a token, which is kept for this tab only. */
  useToken(token: string): void {
    sessionStorage.setItem(TOKEN_KEY, token);
    this.#link = 'connecting';
    this.#retryNow();
  }

  /** Holds the picture still, or lets it go on. */
  togglePause(): void {
    this.#pausedAt = this.#pausedAt ? null : new Date();
    if (!this.#pausedAt) this.#show();
    this.#announce();
  }

  retry(): void {
    this.#retryNow();
  }

  #connect(): void {
    clearTimeout(this.#retryTimer);
    this.#unsubscribe?.();
    this.#retryAt = null;
    this.#heardAt = performance.now();
    if (!this.#shown) this.#link = 'connecting';
    let over = false;
    const end = (reason: string, refused = false) => {
      if (over) return;
      over = true;
      this.#ended(reason, refused);
    };
    const stop = this.#client.subscribe<{ fleetFrame: Frame }>(
      { query: FLEET_FRAMES },
      {
        next: (result) => {
          if (result.data) this.#arrived(result.data.fleetFrame);
          else end(result.errors?.[0]?.message ?? 'the server sent no data');
        },
        error: (error) => end(reasonOf(error), isRefusal(error)),
        complete: () => end('the server ended the stream'),
      },
    );
    this.#unsubscribe = () => {
      over = true;
      stop();
    };
    this.#announce();
  }

  #ended(reason: string, refused: boolean): void {
    this.#unsubscribe = null;
    this.#reason = reason;
    if (refused) {
      this.#link = 'refused';
    } else {
      this.#link = 'lost';
      this.#failures += 1;
      const delay = retryDelayMs(this.#failures, Math.random());
      this.#retryAt = performance.now() + delay;
      this.#retryTimer = window.setTimeout(() => this.#connect(), delay);
    }
    this.#announce();
  }

  readonly #retryNow = (): void => {
    if (this.#link !== 'open') this.#connect();
  };

  readonly #seen = (): void => {
    if (document.visibilityState !== 'visible') return;
    this.#retryNow();
    this.#announce();
  };

  readonly #onBeat = (): void => {
    const silence = Math.max(SILENCE_MS, 4 * (this.#newest?.intervalMs ?? 0));
    if (this.#unsubscribe && performance.now() - this.#heardAt > silence) {
      this.#client.terminate();
      this.#unsubscribe();
      this.#ended('nothing was heard from the server', false);
    }
    this.#announce();
  };

  #arrived(frame: Frame): void {
    const now = performance.now();
    if (this.#link === 'open' && this.#newest) {
      this.#gapsMs = [...this.#gapsMs, now - this.#heardAt].slice(-GAPS_KEPT);
    }
    this.#heardAt = now;
    this.#link = 'open';
    this.#failures = 0;
    this.#reason = '';
    this.#newest = frame;
    if (frame.layoutVersion !== this.#layout?.version) void this.#readLayout();
    else if (!this.#pausedAt) this.#show();
    this.#announce();
  }

  #show(): void {
    const frame = this.#newest;
    const layout = this.#layout;
    if (!frame || !layout || frame.layoutVersion !== layout.version) return;
    this.#shown = { layout, frame, at: this.#heardAt };
    this.#history.add(frame, totalsOf(layout, frame, 0), this.#heardAt);
  }

  async #readLayout(): Promise<void> {
    if (this.#readingLayout) return;
    this.#readingLayout = true;
    try {
      const { layout, viewer } = await readLayout(this.#query);
      this.#layout = layout;
      this.#viewer = viewer;
      if (!this.#pausedAt) this.#show();
      this.#announce();
    } catch (error) {
      if (error instanceof TokenNeeded) {
        this.#unsubscribe?.();
        this.#ended(error.message, true);
      } else if (!(error instanceof LayoutMoved)) {
        this.#reason = reasonOf(error);
      }
    } finally {
      this.#readingLayout = false; // the next frame that does not fit tries again
    }
  }

  #announce(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    requestAnimationFrame(() => {
      this.#announcing = false;
      this.#listener(this.#snapshot());
    });
  }

  #snapshot(): Snapshot {
    const now = performance.now();
    const shown = this.#shown;
    const sinceMs = shown ? now - shown.at : 0;
    const totals = shown ? totalsOf(shown.layout, shown.frame, sinceMs) : null;
    const interval = shown?.frame.intervalMs ?? null;
    const empty = totals !== null && totals.gpus === 0;
    return {
      now,
      link: this.#link,
      feed: feedOf(this.#link, this.#pausedAt !== null, interval, empty ? sinceMs : (totals?.newestAgeMs ?? null)),
      reason: this.#reason,
      retryAt: this.#retryAt,
      pausedAt: this.#pausedAt,
      viewer: this.#viewer,
      hasToken: this.token !== null,
      layout: shown?.layout ?? null,
      frame: shown?.frame ?? null,
      sinceMs,
      totals,
      gapsMs: this.#gapsMs,
      history: this.#history,
    };
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof CloseEvent && (error.code === 4401 || error.code === 4403);
}

function reasonOf(error: unknown): string {
  if (error instanceof CloseEvent) return error.reason || 'the connection was closed';
  if (Array.isArray(error)) return String((error[0] as { message?: string } | undefined)?.message ?? 'refused');
  return error instanceof Error ? error.message : 'the server cannot be reached';
}
