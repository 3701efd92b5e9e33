/** Tries planned layouts out against what is so now, a moment after each change of them. */

import { eachOf } from '../data/actions';
import { type DevicePlan, type Failed, planLayout, type WantedLayout } from '../data/mig';
import type { Link } from '../data/link';

/** How long after a change it is tried out. */
export const CHECK_AFTER_MS = 300;

/** From then on an answer says nothing any more about what is so now. */
export const VALID_MS = 30_000;

const AT_ONCE = 4;

/** What came of one GPU's layout. Times are those of `performance.now()`. */
export interface Checked {
  readonly answer: DevicePlan | Failed;
  readonly at: number;
  /** What was asked. */
  readonly question: string;
}

export class DryRun {
  #wanted: readonly WantedLayout[] = [];
  readonly #checked = new Map<string, Checked>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #run = 0;
  /** Whether the next check asks for all anew. */
  #all = false;

  constructor(
    private readonly link: Pick<Link, 'query'>,
    private readonly changed: () => void,
  ) {}

  /** The layouts that are planned now; what is new among them is tried out. */
  want(layouts: readonly WantedLayout[]): void {
    const before = new Set(this.#wanted.map(questionOf));
    this.#wanted = layouts;
    for (const id of this.#checked.keys()) {
      if (!layouts.some(({ deviceId }) => deviceId === id)) this.#checked.delete(id);
    }
    if (layouts.some((layout) => !before.has(questionOf(layout)))) this.#soon(false);
  }

  /** Something changed at the server, or too much time has passed: all are tried out again. */
  again(): void {
    if (this.#wanted.length) this.#soon(true);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#run += 1;
  }

  /** The answer to what is planned for a GPU now; null: it is not there yet. */
  of(deviceId: string): Checked | null {
    const wanted = this.#wanted.find((layout) => layout.deviceId === deviceId);
    const checked = this.#checked.get(deviceId);
    return wanted && checked?.question === questionOf(wanted) ? checked : null;
  }

  #soon(all: boolean): void {
    this.#all ||= all;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), CHECK_AFTER_MS);
  }

  async #check(): Promise<void> {
    this.#run += 1;
    const run = this.#run;
    const due = this.#all ? this.#wanted : this.#wanted.filter(({ deviceId }) => this.of(deviceId) === null);
    this.#all = false;
    await eachOf(due, AT_ONCE, async (layout) => {
      const answer = await planLayout(this.link, layout);
      if (run !== this.#run) return;
      this.#checked.set(layout.deviceId, { answer, at: performance.now(), question: questionOf(layout) });
      this.changed();
    });
  }
}

function questionOf(layout: WantedLayout): string {
  return JSON.stringify(layout);
}

export function isFailed(answer: DevicePlan | Failed): answer is Failed {
  return 'failure' in answer;
}
