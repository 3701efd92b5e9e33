/** The page's one link to the server: queries over HTTP, every subscription over one WebSocket that heals by itself. */

import { type Client, createClient } from 'graphql-ws';
import { Store } from '../base/store';
import type { TypedDocumentString } from './generated/graphql';
import { queryOver, TokenNeeded } from './http';
import { t } from './link.text';
import { retryDelayMs } from './retry';
import { KeptToken } from './token';

/** How often the page asks whether the server is still there, and how long the answer may take. */
const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 8_000;

/** From the first step of a connection to the first data: a server that hangs is given up after this long. */
const DATA_WITHIN_MS = 10_000;

/** A server that ends a stream says why when it closes the connection, which follows within this long or not at all. */
const REASON_WITHIN_MS = 1_000;

/** A tab that nobody looks at stops asking after this long. */
const SLEEP_AFTER_MS = 10_000;

/** A subscription that the server refuses while it serves others is tried again this often. */
const REFUSED_RETRY_MS = 15_000;

/** Close codes that speak of the token: 4401, 4403. */
const REFUSALS: readonly number[] = [4401, 4403];

/** `connecting`: for the first time, or again with all well. While it is lost, tries are part of being lost. */
export type LinkPhase = 'connecting' | 'open' | 'lost' | 'refused' | 'asleep';

/** Times are those of `performance.now()`. */
export interface LinkState {
  readonly phase: LinkPhase;
  /** Why it is lost or refused, as the server or browser words it. */
  readonly reason: string;
  /** When it is tried again; null while lost: it is being tried. */
  readonly retryAt: number | null;
  /** Whether a token was sent; where it was refused, the reason is about that token. */
  readonly hasToken: boolean;
}

interface Running {
  readonly query: string;
  readonly variables: Record<string, unknown>;
  readonly next: (data: unknown) => void;
  /** The stream broke; it begins anew with a snapshot when the link is open again. */
  readonly broke: () => void;
  stop: (() => void) | null;
  retryTimer: ReturnType<typeof setTimeout> | undefined;
}

export class Link {
  readonly state: Store<LinkState>;
  readonly #client: Client;
  readonly #send: ReturnType<typeof queryOver>;
  readonly #token = new KeptToken();
  readonly #running = new Set<Running>();
  /** Whether a connection is wanted now: open, or being made. What reaches us otherwise is of one that was given up. */
  #up = false;
  #failures = 0;
  #pongTimer: ReturnType<typeof setTimeout> | undefined;
  #dataTimer: ReturnType<typeof setTimeout> | undefined;
  #reasonTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #sleepTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(base: URL = new URL(location.href)) {
    const url = new URL('/graphql', base);
    this.state = new Store<LinkState>(this.#as('connecting'));
    this.#send = queryOver(url.href, () => this.token);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#client = createClient({
      url: url.href,
      lazy: true,
      lazyCloseTimeout: 2 * REASON_WITHIN_MS, // not before the server has closed it with a reason
      retryAttempts: 0, // retries are made here, where they can be shown
      keepAlive: PING_EVERY_MS,
      connectionParams: () => (this.token ? { Authorization: `Bearer ${this.token}` } : {}),
      on: {
        ping: (received) => {
          if (!received) this.#pongTimer = setTimeout(() => this.#lose(t('silent')), PONG_WITHIN_MS);
        },
        pong: (received) => {
          if (received) clearTimeout(this.#pongTimer);
        },
        closed: (event) => this.#closed(event),
      },
    });
  }

  start(): void {
    addEventListener('online', this.#retryNow);
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#connect();
    this.#onVisibility();
  }

  stop(): void {
    removeEventListener('online', this.#retryNow);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    this.#disconnect();
    clearTimeout(this.#sleepTimer);
  }

  get token(): string | null {
    return this.#token.value;
  }

  /** Signs in with a token, which is kept for this tab only; null signs out. */
  useToken(token: string | null): void {
    this.#token.value = token;
    this.#failures = 0;
    this.#disconnect();
    this.state.value = this.#as('connecting');
    this.#connect();
  }

  /** The data of a query or mutation. Throws `TokenNeeded` or `QueryFailed`, and what `fetch` throws. */
  async query<TResult, TVariables extends object>(
    document: TypedDocumentString<TResult, TVariables>,
    variables: TVariables,
  ): Promise<TResult> {
    const { token } = this;
    try {
      return await this.#send<TResult>(document.toString(), variables as Record<string, unknown>);
    } catch (error) {
      // A late answer to an earlier token says nothing about the one of now.
      if (error instanceof TokenNeeded && token === this.token) this.#refuse(error.message);
      throw error;
    }
  }

  /**
   * Streams until the returned function is called, over every loss of the connection. After each the stream begins
   * anew; `broke` says that it ended.
   */
  subscribe<TResult, TVariables extends object>(
    document: TypedDocumentString<TResult, TVariables>,
    variables: TVariables,
    next: (data: TResult) => void,
    broke: () => void = () => {},
  ): () => void {
    const running: Running = {
      query: document.toString(),
      variables: variables as Record<string, unknown>,
      next: next as (data: unknown) => void,
      broke,
      stop: null,
      retryTimer: undefined,
    };
    this.#running.add(running);
    if (this.#up) this.#begin(running);
    return () => {
      this.#running.delete(running);
      this.#end(running);
    };
  }

  /** Tries at once instead of when the time comes. */
  retry(): void {
    this.#disconnect();
    this.#connect();
  }

  #connect(): void {
    const { phase, reason } = this.state.value;
    this.#up = true;
    this.#dataTimer = setTimeout(() => this.#lose(t('silent')), DATA_WITHIN_MS);
    this.state.value = phase === 'lost' ? this.#as('lost', reason) : this.#as('connecting');
    for (const running of this.#running) this.#begin(running);
  }

  /** Ends every stream and the connection; nothing is tried any more. */
  #disconnect(): void {
    this.#up = false;
    for (const timer of [this.#dataTimer, this.#reasonTimer, this.#retryTimer, this.#pongTimer]) clearTimeout(timer);
    for (const running of this.#running) {
      const begun = running.stop !== null;
      this.#end(running);
      if (begun) running.broke();
    }
    this.#client.terminate();
  }

  #begin(running: Running): void {
    this.#end(running);
    let over = false;
    const ended = (then: () => void) => {
      if (over) return;
      over = true;
      running.stop = null;
      running.broke();
      then();
    };
    const stop = this.#client.subscribe<unknown>(
      { query: running.query, variables: running.variables },
      {
        next: (result) => {
          if (over) return;
          if (result.data) {
            this.#heard();
            running.next(result.data);
          } else {
            ended(() => this.#turnedDown(running, result.errors));
          }
        },
        error: (error) => ended(() => (Array.isArray(error) ? this.#turnedDown(running, error) : this.#closed(error))),
        complete: () => ended(() => this.#awaitReason()),
      },
    );
    running.stop = () => {
      over = true;
      stop();
    };
  }

  #end(running: Running): void {
    clearTimeout(running.retryTimer);
    running.stop?.();
    running.stop = null;
  }

  #heard(): void {
    this.#failures = 0;
    clearTimeout(this.#dataTimer);
    if (this.state.value.phase !== 'open') this.state.value = this.#as('open');
  }

  /** The server answers, and refuses this subscription: the others go on. */
  #turnedDown(running: Running, errors: unknown): void {
    running.retryTimer = setTimeout(() => this.#begin(running), REFUSED_RETRY_MS);
    clearTimeout(this.#dataTimer);
    if (this.state.value.phase === 'open') return;
    this.state.value = this.#as('lost', messageOf(errors), performance.now() + REFUSED_RETRY_MS);
  }

  #awaitReason(): void {
    if (!this.#up) return;
    clearTimeout(this.#reasonTimer);
    this.#reasonTimer = setTimeout(() => this.#lose(t('ended')), REASON_WITHIN_MS);
  }

  #closed(event: unknown): void {
    if (!this.#up) return;
    const { code, reason } = event as Partial<CloseEvent>; // or an error, which has neither
    if (code !== undefined && REFUSALS.includes(code)) this.#refuse(reason ?? '');
    else this.#lose(reason || t(this.state.value.phase === 'open' ? 'closed' : 'unreachable'));
  }

  #lose(reason: string): void {
    if (!this.#up) return;
    this.#disconnect();
    this.#failures += 1;
    const delay = retryDelayMs(this.#failures, Math.random());
    this.#retryTimer = setTimeout(() => this.#connect(), delay);
    this.state.value = this.#as('lost', reason, performance.now() + delay);
  }

  #refuse(reason: string): void {
    this.#disconnect();
    this.state.value = this.#as('refused', reason);
  }

  readonly #retryNow = (): void => {
    if (!this.#up && this.state.value.phase !== 'refused') this.retry();
  };

  readonly #onVisibility = (): void => {
    clearTimeout(this.#sleepTimer);
    if (document.visibilityState === 'visible') this.#retryNow();
    else this.#sleepTimer = setTimeout(() => this.#sleep(), SLEEP_AFTER_MS);
  };

  #sleep(): void {
    if (this.state.value.phase === 'refused') return;
    this.#disconnect();
    this.state.value = this.#as('asleep');
  }

  #as(phase: LinkPhase, reason = '', retryAt: number | null = null): LinkState {
    return { phase, reason, retryAt, hasToken: this.token !== null };
  }
}

function messageOf(errors: unknown): string {
  const first = Array.isArray(errors) ? (errors[0] as { message?: unknown } | undefined) : undefined;
  return typeof first?.message === 'string' ? first.message : t('refused');
}
