/** When this page last saw each GPU under load. A history is shorter in large fleets; this holds as long as the page. */

import { staleAfterMs, USE_PCT } from './states';
import type { Frame, Layout } from './types';

interface Seen {
  /** The first tick with a fresh reading, and the last one with load; ms since the epoch. */
  readonly from: number;
  loadAt: number | null;
}

/** Since when a GPU is without load, as far as this page knows. */
export interface WithoutLoad {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Whether it may have been so before: this page has not seen what was before. */
  readonly orBefore: boolean;
}

export class LoadSeen {
  readonly #seen = new Map<string, Seen>();

  /** One tick. A reading that is too old says nothing about it. */
  add({ devices }: Layout, frame: Frame): void {
    const now = Date.parse(frame.asOf);
    const staleFrom = staleAfterMs(frame.intervalMs);
    frame.gpuUtilizationPct.forEach((pct, at) => {
      const id = devices[at]?.id;
      const age = frame.ageMs[at] ?? null;
      if (id === undefined || pct === null || age === null || age > staleFrom) return;
      let seen = this.#seen.get(id);
      if (!seen) {
        seen = { from: now, loadAt: null };
        this.#seen.set(id, seen);
      }
      if (pct >= USE_PCT) seen.loadAt = now;
    });
  }

  /** When it was last seen under load, ms since the epoch; null: not since this page was opened. */
  loadAt(id: string): number | null {
    return this.#seen.get(id)?.loadAt ?? null;
  }

  /** Since when one that is held from `heldAt` on is without load: since its last load, or since it was given out. */
  withoutLoad(id: string, heldAt: number): WithoutLoad | null {
    const seen = this.#seen.get(id);
    if (!seen) return null;
    if (seen.loadAt !== null && seen.loadAt >= heldAt) return { since: seen.loadAt, orBefore: false };
    return seen.from > heldAt ? { since: seen.from, orBefore: true } : { since: heldAt, orBefore: false };
  }
}
