/** Keeps something read: again whenever it changes, and often while a change of it is under way. */

/** How often what is under way is looked at: the last step of a change may come without an event of its own. */
const BUSY_MS = 1000;

/** The same after a failure. */
const RETRY_MS = 5000;

export class Renewal {
  #stopFollowing: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reading = false;
  /** How often a reading was asked for. */
  #asked = 0;
  #run = 0;

  /** `read` tells whether a change is under way. It may fail: then it is tried again. */
  constructor(private readonly read: () => Promise<boolean>) {}

  /** `follow` calls back on every change and returns how to stop. */
  start(follow: (changed: () => void) => () => void): void {
    this.stop();
    this.#stopFollowing = follow(() => this.now());
    this.now();
  }

  stop(): void {
    this.#run += 1;
    this.#reading = false;
    clearTimeout(this.#timer);
    this.#stopFollowing?.();
    this.#stopFollowing = null;
  }

  /** Reads at once, or once more after the reading that is under way. */
  now(): void {
    clearTimeout(this.#timer);
    this.#asked += 1;
    if (!this.#reading) void this.#read();
  }

  async #read(): Promise<void> {
    const run = this.#run;
    const asked = this.#asked;
    this.#reading = true;
    let wait: number | null = RETRY_MS;
    try {
      wait = (await this.read()) ? BUSY_MS : null;
    } catch {
      // Whoever reads says so.
    }
    if (run !== this.#run) return;
    this.#reading = false;
    if (asked !== this.#asked) void this.#read();
    else if (wait !== null) this.#timer = setTimeout(() => this.now(), wait);
  }
}
