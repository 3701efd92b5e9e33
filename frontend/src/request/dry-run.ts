/** The answer that follows the form: asked for a moment after each change, and again when it has grown old. */

import { type Answer, ask, type Fault, isAnswered, type RequestAllocationInput } from '../data/requests';
import type { Link } from '../data/link';
import { type Asked, type Field } from './form';

/** How long the form must have stood still. */
export const AFTER_MS = 300;

/** From this age on an answer counts no more: it is asked for anew. */
export const VALID_MS = 30_000;

/** Where the fleet changed beneath the answer, it is asked for anew at most this often. */
const ANEW_MS = 2_000;

/** After a failure it is tried again by itself. */
const RETRY_MS = 5_000;

export interface Told {
  readonly answer: Answer;
  /** A refused request could wait in the queue: what a dry run that may wait was answered. */
  readonly couldQueue: boolean;
}

export interface DryRunState {
  /** The last answer, also of an earlier form. */
  readonly told: Told | null;
  /** When it came, as `performance.now()`. */
  readonly at: number;
  /** What the server finds wrong with the form as it is. */
  readonly fault: Fault | null;
  /** Fields that hold no number. */
  readonly wrong: readonly Field[];
  /** `empty`: too little is known to ask. `checking`: the answer shown is not of the form as it is. */
  readonly phase: 'empty' | 'checking' | 'answered' | 'faulty' | 'failed';
}

export const NOT_ASKED: DryRunState = { told: null, at: 0, fault: null, wrong: [], phase: 'empty' };

/** The answer that holds for the form now; null: there is none. */
export function validAnswer({ phase, told, at }: DryRunState, now: number): Told | null {
  return phase === 'answered' && now - at <= VALID_MS ? told : null;
}

export class DryRun {
  state: DryRunState = NOT_ASKED;
  #input: RequestAllocationInput | null = null;
  #key = '';
  #turn = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** The fleet is another than when it was asked. */
  #moved = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `told` is called whenever the state is another. */
  constructor(
    private readonly link: Pick<Link, 'query'>,
    private readonly told: () => void,
  ) {}

  /** The form is now this; nothing happens where it asks the same as before. */
  follow(asked: Asked): void {
    const key = JSON.stringify(asked);
    if (key === this.#key) return;
    this.#key = key;
    this.#turn += 1; // what is on its way is of another form
    clearTimeout(this.#timer);
    if ('input' in asked) {
      this.#input = asked.input;
      this.#set({ phase: 'checking', fault: null, wrong: [] });
      this.#timer = setTimeout(() => void this.#ask(), AFTER_MS);
    } else {
      this.#input = null;
      const wrong = 'wrong' in asked ? asked.wrong : [];
      this.#set({ phase: wrong.length ? 'faulty' : 'empty', fault: null, wrong });
    }
  }

  /** Time goes by: an answer that is too old is asked for anew, and so is one that failed. */
  tick(now: number): void {
    const { phase, at } = this.state;
    if (phase === 'answered' && now - at > VALID_MS) this.again();
    else if (phase === 'answered' && this.#moved && now - this.#askedAt > ANEW_MS) void this.#ask();
    else if (phase === 'failed' && now - this.#askedAt > RETRY_MS) this.again();
  }

  /** The fleet is another than when the answer came: with one of the next ticks it is asked for anew. */
  moved(): void {
    this.#moved = true;
  }

  /** Asks at once. */
  again(): void {
    if (!this.#input) return;
    clearTimeout(this.#timer);
    this.#set({ phase: 'checking' });
    void this.#ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#key = '';
  }

  async #ask(): Promise<void> {
    const input = this.#input;
    if (!input) return;
    const turn = ++this.#turn;
    this.#askedAt = performance.now();
    this.#moved = false;
    try {
      const answer = await ask(this.link, { ...input, dryRun: true });
      const couldQueue = await this.#couldQueue(input, answer);
      if (turn !== this.#turn) return;
      const at = performance.now();
      if (answer.__typename === 'AllocationAnswer') {
        this.#set({ told: { answer, couldQueue }, at, fault: null, phase: 'answered' });
      } else this.#set({ fault: answer, phase: answer.__typename === 'UnavailableError' ? 'failed' : 'faulty' });
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#set({ phase: 'failed' });
      if (!isAnswered(error) && !(error instanceof Error)) throw error;
    }
  }

  /** Whether waiting would do, which only the server can say. */
  async #couldQueue(input: RequestAllocationInput, answer: Answer | Fault): Promise<boolean> {
    if (answer.__typename !== 'AllocationAnswer' || answer.granted || input.queue) return false;
    const waiting = await ask(this.link, { ...input, queue: true, dryRun: true });
    return waiting.__typename === 'AllocationAnswer' && waiting.status === 'QUEUED';
  }

  #set(some: Partial<DryRunState>): void {
    this.state = { ...this.state, ...some };
    this.told();
  }
}
