/** The fleet as the page knows it: puts layout, frames and exceptions together and says what is so now. */

import { Store } from '../base/store';
import { type Allocations, followAllocations, NO_ALLOCATIONS } from './allocations';
import { type Exceptions, followExceptions, NO_EXCEPTIONS } from './exceptions';
import { type DeviceWhere, FleetFramesDocument } from './generated/graphql';
import { History } from './history';
import { type HoldingOf, holdingAt } from './holding';
import { readLayout } from './layout';
import type { Link, LinkPhase, LinkState } from './link';
import { LoadSeen } from './load-seen';
import { type Judged, judge, slowAfterMs, staleAfterMs } from './states';
import { type Totals, totalsOf } from './totals';
import type { Frame, Layout, Viewer } from './types';

const GAPS_KEPT = 12;

/** A layout that moved while it was read, or could not be read, is read again at the earliest after this long. */
const LAYOUT_RETRY_MS = 1000;

/** What grows while nothing comes (ages, countdowns) is drawn this often; where ticks come in time, they draw it. */
const BEAT_MS = 1000;
const BEAT_BEHIND_TICKS_MS = 1250;

export type Feed = 'connecting' | 'live' | 'slow' | 'stale' | 'offline' | 'paused';

/** Everything the page shows of the fleet, as it is at `now`. Times are those of `performance.now()`. */
export interface Snapshot {
  readonly now: number;
  readonly link: LinkState;
  readonly feed: Feed;
  /** Since when the picture is held; `judged` and `totals` are of that moment. */
  readonly pausedAt: Date | null;
  readonly viewer: Viewer | null;
  /** Every cluster the reader may see; and the one that is looked at, null: all. */
  readonly clusters: readonly string[];
  readonly cluster: string | null;
  readonly layout: Layout | null;
  /** The frame on the screen; positions are those of `layout`. */
  readonly frame: Frame | null;
  readonly judged: Judged | null;
  readonly totals: Totals | null;
  /** How long ago the frame arrived, in milliseconds. */
  readonly sinceMs: number;
  readonly gapsMs: readonly number[];
  readonly history: History;
  readonly exceptions: Exceptions;
  /** Live allocations that the reader may see; and what they make of each GPU. */
  readonly allocations: Allocations;
  readonly holdingOf: HoldingOf;
  readonly loadSeen: LoadSeen;
}

/** A snapshot of a fleet that is known. */
export type Known = Snapshot & {
  readonly layout: Layout;
  readonly frame: Frame;
  readonly judged: Judged;
  readonly totals: Totals;
};

/** Whether there is a fleet to show, however old. */
export function isKnown(snapshot: Snapshot): snapshot is Known {
  return snapshot.frame !== null;
}

/** The state of the data flow: what the live indicator says. */
export function feedOf(link: LinkPhase, paused: boolean, intervalMs: number | null, newestAgeMs: number | null): Feed {
  if (link === 'lost' || link === 'refused') return 'offline';
  if (intervalMs === null) return 'connecting';
  if (paused) return 'paused';
  if (link !== 'open') return 'connecting';
  if (newestAgeMs === null || newestAgeMs > staleAfterMs(intervalMs)) return 'stale';
  return newestAgeMs > slowAfterMs(intervalMs) ? 'slow' : 'live';
}

export class FleetFeed {
  /** Changes at most once per painted frame of the screen, and at least about once a second. */
  readonly snapshot: Store<Snapshot>;
  readonly #link: Link;
  #history = new History();
  #cluster: string | null;
  #clusters: readonly string[] = [];
  #paused: { date: Date; at: number } | null = null;
  #token: string | null = null;
  #viewer: Viewer | null = null;
  #exceptions = NO_EXCEPTIONS;
  #allocations = NO_ALLOCATIONS;
  #loadSeen = new LoadSeen();
  /** The newest layout and frame; they need not belong together yet. */
  #layout: Layout | null = null;
  #newest: { frame: Frame; at: number } | null = null;
  /** What is on the screen: a frame with the layout it belongs to, and when the frame arrived. */
  #shown: { layout: Layout; frame: Frame; at: number } | null = null;
  #arrivedAt: number | null = null;
  #gapsMs: number[] = [];
  #readingLayout = false;
  #layoutReadAt = Number.NEGATIVE_INFINITY;
  #layoutTimer: ReturnType<typeof setTimeout> | undefined;
  #announced = 0;
  #beatTimer: ReturnType<typeof setTimeout> | undefined;
  #unwatch: (() => void) | null = null;
  #streams: (() => void)[] = [];

  constructor(link: Link, cluster: string | null = null) {
    this.#link = link;
    this.#cluster = cluster;
    this.snapshot = new Store(this.#draw());
  }

  start(): void {
    this.#token = this.#link.token;
    this.#unwatch = this.#link.state.watch(() => this.#onLink());
    this.#follow();
    this.#beat();
  }

  stop(): void {
    clearTimeout(this.#beatTimer);
    clearTimeout(this.#layoutTimer);
    cancelAnimationFrame(this.#announced);
    this.#announced = 0;
    this.#unwatch?.();
    for (const stop of this.#streams.splice(0)) stop();
  }

  /** Looks at one cluster only; null: all. What was shown goes, and so does a pause. */
  look(cluster: string | null): void {
    if (cluster === this.#cluster) return;
    this.#cluster = cluster;
    this.#forget();
    this.#follow();
  }

  /** Holds the picture still, or lets it go on. */
  togglePause(): void {
    this.#paused = this.#paused ? null : { date: new Date(), at: performance.now() };
    this.#show();
    this.#announce();
  }

  /** What one reader saw is not the next one's to see. */
  #onLink(): void {
    if (this.#link.token !== this.#token) {
      this.#token = this.#link.token;
      this.#viewer = null;
      this.#clusters = [];
      this.#forget();
      this.#follow();
    }
    this.#announce();
  }

  #forget(): void {
    this.#paused = null;
    this.#layout = null;
    this.#newest = null;
    this.#shown = null;
    this.#exceptions = NO_EXCEPTIONS;
    this.#allocations = NO_ALLOCATIONS;
    this.#loadSeen = new LoadSeen();
    this.#history = new History();
    this.#gapsMs = [];
    this.#arrivedAt = null;
    this.#layoutReadAt = Number.NEGATIVE_INFINITY;
    this.#announce();
  }

  #follow(): void {
    for (const stop of this.#streams) stop();
    const cluster = this.#cluster;
    this.#streams = [
      this.#link.subscribe(
        FleetFramesDocument,
        { where: whereOf(cluster) },
        ({ fleetFrame }) => this.#arrived(fleetFrame),
        () => {
          this.#arrivedAt = null;
        },
      ),
      followExceptions(this.#link, cluster, (exceptions) => {
        this.#exceptions = exceptions;
        this.#announce();
      }),
      followAllocations(this.#link, cluster, (allocations) => {
        this.#allocations = allocations;
        this.#announce();
      }),
    ];
    void this.#readLayout(); // beside the first frame, not after it
  }

  #arrived(frame: Frame): void {
    const now = performance.now();
    if (this.#arrivedAt !== null) this.#gapsMs = [...this.#gapsMs, now - this.#arrivedAt].slice(-GAPS_KEPT);
    this.#arrivedAt = now;
    this.#newest = { frame, at: now };
    this.#show();
    this.#wantLayout();
    this.#announce();
  }

  /** Puts the newest frame on the screen where it fits the layout that is known. */
  #show(): void {
    const newest = this.#newest;
    const layout = this.#layout;
    if (this.#paused || !newest || !layout || newest.frame.layoutVersion !== layout.version) return;
    const { frame, at } = newest;
    this.#shown = { layout, frame, at };
    this.#loadSeen.add(layout, frame);
    const now = Date.parse(frame.asOf);
    const judged = judge(layout, frame, 0, holdingAt(this.#allocations, this.#loadSeen, now));
    this.#history.add(frame, totalsOf(layout, frame, judged), now);
  }

  /** Reads the layout where the newest frame is of another one: at once, or when the last try is long enough ago. */
  #wantLayout(): void {
    clearTimeout(this.#layoutTimer);
    if (!this.#newest || this.#newest.frame.layoutVersion === this.#layout?.version || this.#readingLayout) return;
    const wait = this.#layoutReadAt + LAYOUT_RETRY_MS - performance.now();
    if (wait <= 0) void this.#readLayout();
    else this.#layoutTimer = setTimeout(() => this.#wantLayout(), wait);
  }

  async #readLayout(): Promise<void> {
    if (this.#readingLayout) return; // it looks again when it is done
    this.#readingLayout = true;
    this.#layoutReadAt = performance.now();
    const asked = this.#question();
    try {
      const read = await readLayout(this.#link, whereOf(this.#cluster));
      if (asked !== this.#question()) return;
      this.#layout = read.layout;
      this.#viewer = read.viewer;
      this.#clusters = read.clusters;
      this.#show();
    } catch {
      // It moved, or the link says what is wrong with it: it is read again as long as frames do not fit.
    } finally {
      this.#readingLayout = false;
      if (asked !== this.#question()) void this.#readLayout();
      else this.#wantLayout();
      this.#announce();
    }
  }

  /** Two readings are of the same thing where this is the same. */
  #question(): string {
    return JSON.stringify([this.#cluster, this.#token]);
  }

  #beat(): void {
    clearTimeout(this.#beatTimer);
    const { feed, frame } = this.snapshot.value;
    const ticking = feed === 'live' && frame !== null && frame.intervalMs <= BEAT_MS;
    this.#beatTimer = setTimeout(
      () => {
        this.#beat();
        this.#announce();
      },
      ticking ? BEAT_BEHIND_TICKS_MS : BEAT_MS,
    );
  }

  #announce(): void {
    if (this.#announced || document.visibilityState === 'hidden') return;
    this.#announced = requestAnimationFrame(() => {
      this.#announced = 0;
      this.snapshot.value = this.#draw();
      this.#beat();
    });
  }

  #draw(): Snapshot {
    const now = performance.now();
    const shown = this.#shown;
    const sinceMs = shown ? now - shown.at : 0;
    const asOf = shown ? Date.parse(shown.frame.asOf) : 0;
    const holdingOf = holdingAt(this.#allocations, this.#loadSeen, asOf);
    const judged = shown ? judge(shown.layout, shown.frame, (this.#paused?.at ?? now) - shown.at, holdingOf) : null;
    const totals = shown && judged ? totalsOf(shown.layout, shown.frame, judged) : null;
    const interval = shown?.frame.intervalMs ?? null;
    const empty = totals !== null && totals.gpus === 0;
    const link = this.#link.state.value;
    return {
      now,
      link,
      feed: feedOf(link.phase, this.#paused !== null, interval, empty ? sinceMs : (totals?.newestAgeMs ?? null)),
      pausedAt: this.#paused?.date ?? null,
      viewer: this.#viewer,
      clusters: this.#clusters,
      cluster: this.#cluster,
      layout: shown?.layout ?? null,
      frame: shown?.frame ?? null,
      judged,
      totals,
      sinceMs,
      gapsMs: this.#gapsMs,
      history: this.#history,
      exceptions: this.#exceptions,
      allocations: this.#allocations,
      holdingOf,
      loadSeen: this.#loadSeen,
    };
  }
}

function whereOf(cluster: string | null): DeviceWhere | null {
  return cluster === null ? null : { clusterNames: [cluster] };
}
