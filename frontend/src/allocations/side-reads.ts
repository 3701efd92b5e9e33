/** What a list of allocations reads beside the live ones: those that ended, and places in the queue. Bounded in pace. */

import { type Allocation, type Allocations, ENDED_MAX, readEnded, readQueue } from '../data/allocations';
import type { Link } from '../data/link';

const DAY_MS = 24 * 3_600_000;

/** Read anew this often; sooner where an allocation changed, but never more often than that. */
const RENEW_MS = 30_000;
const SOONEST_MS = 1_500;

/** One thing that is read again and again. */
class Reading<T> {
  value: T | null = null;
  failed = false;
  #for: unknown = null;
  #at = Number.NEGATIVE_INFINITY;
  #reading = false;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly told: () => void,
  ) {}

  /** Reads where it is due: `of` is what it was read for. */
  see(of: unknown, now: number): void {
    const since = now - this.#at;
    if (this.#reading || since < SOONEST_MS || (of === this.#for && since < RENEW_MS)) return;
    this.#for = of;
    this.#at = now;
    void this.#start();
  }

  forget(): void {
    this.value = null;
    this.#for = null;
    this.#at = Number.NEGATIVE_INFINITY;
  }

  async #start(): Promise<void> {
    this.#reading = true;
    try {
      this.value = await this.read();
      this.failed = false;
    } catch {
      this.failed = true; // what was read stays
    } finally {
      this.#reading = false;
      this.told();
    }
  }
}

const NO_QUEUE: ReadonlyMap<string, number> = new Map();

export class SideReads {
  #cluster: string | null = null;
  readonly #ended: Reading<{ readonly ended: readonly Allocation[]; readonly total: number }>;
  readonly #queue: Reading<ReadonlyMap<string, number>>;

  constructor(link: Pick<Link, 'query'>, told: () => void) {
    this.#ended = new Reading(() => readEnded(link, this.#cluster, new Date(Date.now() - DAY_MS)), told);
    this.#queue = new Reading(() => readQueue(link), told);
  }

  /** Told about every snapshot; `wantsEnded` where that list is looked at. */
  see(allocations: Allocations, cluster: string | null, wantsEnded: boolean, now: number): void {
    if (cluster !== this.#cluster) {
      this.#cluster = cluster;
      this.#ended.forget();
    }
    if (wantsEnded) this.#ended.see(allocations, now);
    if ([...allocations.byId.values()].some(({ status }) => status === 'QUEUED')) this.#queue.see(allocations, now);
  }

  /** null: not read yet. */
  get ended(): readonly Allocation[] | null {
    return this.#ended.value?.ended ?? null;
  }

  get endedFailed(): boolean {
    return this.#ended.failed && this.#ended.value === null;
  }

  /** How many ended in all, where that is more than is listed; else null. */
  get endedTotal(): number | null {
    const total = this.#ended.value?.total ?? 0;
    return total > ENDED_MAX ? total : null;
  }

  get queue(): ReadonlyMap<string, number> {
    return this.#queue.value ?? NO_QUEUE;
  }
}
