/** What link and feed need of a browser, and a server at its other end that does what a test says. */

import { vi } from 'vitest';

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A WebSocket whose other end is in the hands of the test. */
export class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  /** Every one that was made, oldest first. */
  static all: FakeSocket[] = [];
  /** What the server does with a new connection: serve it, refuse it, or never answer. */
  static manner: 'serve' | 'gone' | 'hangs' = 'serve';
  static pongs = true;

  readyState = FakeSocket.CONNECTING;
  readonly received: Message[] = [];
  onopen: (() => unknown) | null = null;
  onclose: ((event: unknown) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor() {
    FakeSocket.all.push(this);
    setTimeout(() => {
      if (this.readyState !== FakeSocket.CONNECTING || FakeSocket.manner === 'hangs') return;
      if (FakeSocket.manner === 'gone') this.fail();
      else this.#open();
    });
  }

  static get newest(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error('no socket was made');
    return socket;
  }

  /** The subscriptions that run on it, by the name of their operation. */
  get subscriptions(): ReadonlyMap<string, Message> {
    const ended = new Set(this.received.filter(({ type }) => type === 'complete').map(({ id }) => id));
    const running = this.received.filter(({ type, id }) => type === 'subscribe' && !ended.has(id));
    return new Map(
      running.map((message) => {
        const { query } = message.payload as { query: string };
        return [/subscription (\w+)/.exec(query)?.[1] ?? '', message];
      }),
    );
  }

  get isOpen(): boolean {
    return this.readyState === FakeSocket.OPEN;
  }

  send(text: string): void {
    const message = JSON.parse(text) as Message;
    this.received.push(message);
    if (message.type === 'connection_init') this.#say({ type: 'connection_ack' });
    if (message.type === 'ping' && FakeSocket.pongs) setTimeout(() => this.#say({ type: 'pong' }), 5);
  }

  close(code = 1000, reason = ''): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.onclose?.({ code, reason });
  }

  /** The server sends data for the subscription of this operation. */
  next(operation: string, data: unknown): void {
    this.#answer(operation, 'next', { data });
  }

  /** The server refuses it. */
  refuse(operation: string, message: string): void {
    this.#answer(operation, 'error', [{ message }]);
  }

  /** The server ends it. */
  complete(operation: string): void {
    this.#answer(operation, 'complete', undefined);
  }

  /** The connection is cut. */
  fail(): void {
    this.onerror?.(new Event('error'));
    this.close(1006);
  }

  #open(): void {
    this.readyState = FakeSocket.OPEN;
    void this.onopen?.();
  }

  #answer(operation: string, type: string, payload: unknown): void {
    const id = this.subscriptions.get(operation)?.id;
    if (id === undefined) throw new Error(`no ${operation} is subscribed`);
    this.#say({ type, id, payload });
  }

  #say(message: Message): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

/** A document that can be hidden. */
class FakeDocument extends EventTarget {
  visibilityState: 'visible' | 'hidden' = 'visible';

  show(visible: boolean): void {
    this.visibilityState = visible ? 'visible' : 'hidden';
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

/** Puts the fakes in place, time included; every test begins with new ones. Returns the document. */
export function fakeBrowser(): FakeDocument {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  FakeSocket.all = [];
  FakeSocket.manner = 'serve';
  FakeSocket.pongs = true;
  const page = new FakeDocument();
  const kept = new Map<string, string>();
  const around = new EventTarget();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('document', page);
  vi.stubGlobal('addEventListener', around.addEventListener.bind(around));
  vi.stubGlobal('removeEventListener', around.removeEventListener.bind(around));
  vi.stubGlobal('requestAnimationFrame', (paint: () => void) => setTimeout(paint, 16));
  vi.stubGlobal('cancelAnimationFrame', (handle: ReturnType<typeof setTimeout>) => clearTimeout(handle));
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  return page;
}

/** Answers every query with what `answer` makes of it: the data, or an HTTP status with a message. */
export function fakeFetch(
  answer: (variables: Record<string, unknown>, token: string | null) => object | Promise<object>,
  status = 200,
): void {
  vi.stubGlobal('fetch', async (_url: string, request: { body: string; headers: Record<string, string> }) => {
    const { variables } = JSON.parse(request.body) as { variables: Record<string, unknown> };
    const token = request.headers.Authorization?.replace('Bearer ', '') ?? null;
    const content = await answer(variables, token);
    return { status, json: async () => content };
  });
}
