/** Sending a request once, whatever happens on the way: its key is kept until an answer comes. */

import { newKey } from '../data/actions';
import { type Answer, ask, type Fault, isAnswered, type RequestAllocationInput } from '../data/requests';
import type { Link } from '../data/link';

export type SendState =
  | { readonly phase: 'idle' }
  | { readonly phase: 'sending' }
  /** No answer came: it may have been granted. Sent again, it is the same request. */
  | { readonly phase: 'unanswered' }
  | { readonly phase: 'answered'; readonly answer: Answer }
  | { readonly phase: 'refused'; readonly fault: Pick<Fault, 'message' | 'path'> };

export class Sending {
  state: SendState = { phase: 'idle' };
  #open: RequestAllocationInput | null = null;

  constructor(
    private readonly link: Pick<Link, 'query'>,
    private readonly told: () => void,
  ) {}

  /** Sends; where an earlier one is unanswered, that one goes again. */
  async send(input: RequestAllocationInput): Promise<void> {
    if (this.state.phase === 'sending') return;
    this.#open ??= { ...input, dryRun: false, idempotencyKey: newKey() };
    this.#set({ phase: 'sending' });
    try {
      const answer = await ask(this.link, this.#open);
      if (answer.__typename === 'UnavailableError') {
        this.#set({ phase: 'unanswered' });
        return;
      }
      this.#open = null;
      this.#set(
        answer.__typename === 'AllocationAnswer' ? { phase: 'answered', answer } : { phase: 'refused', fault: answer },
      );
    } catch (error) {
      if (!isAnswered(error)) {
        this.#set({ phase: 'unanswered' });
        return;
      }
      this.#open = null;
      this.#set({ phase: 'refused', fault: { message: (error as Error).message, path: [] } });
    }
  }

  /** Gives up the one that is unanswered, or leaves the answer behind. */
  clear(): void {
    if (this.state.phase === 'sending') return;
    this.#open = null;
    if (this.state.phase !== 'idle') this.#set({ phase: 'idle' });
  }

  #set(state: SendState): void {
    this.state = state;
    this.told();
  }
}
