import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ExceptionsDocument, FirstDevicesDocument, FleetFramesDocument } from '../../src/data/generated/graphql';
import { TokenNeeded } from '../../src/data/http';
import { Link } from '../../src/data/link';
import { retryDelayMs } from '../../src/data/retry';
import { FakeSocket, fakeBrowser, fakeFetch } from './browser';

let page: ReturnType<typeof fakeBrowser>;
let link: Link;
let frames: unknown[];
let breaks: number;

beforeEach(() => {
  page = fakeBrowser();
  link = new Link(new URL('https://gpu.example/devices'));
  frames = [];
  breaks = 0;
});

afterEach(() => {
  link.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Starts with both streams of the page; the first frame arrives where the server serves. */
async function begin(): Promise<void> {
  link.start();
  link.subscribe(
    FleetFramesDocument,
    { where: null },
    (data) => frames.push(data),
    () => {
      breaks += 1;
    },
  );
  link.subscribe(ExceptionsDocument, { where: null }, () => {});
  await passed(10);
  if (FakeSocket.manner === 'serve') FakeSocket.newest.next('FleetFrames', { n: 1 });
}

async function passed(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

const phase = () => link.state.value.phase;
const reason = () => link.state.value.reason;

test('one socket carries every subscription, and the first data opens the link', async () => {
  link.start();
  expect(phase()).toBe('connecting');
  link.stop();
  await begin();
  expect(FakeSocket.all.length).toBe(1);
  expect([...FakeSocket.newest.subscriptions.keys()]).toEqual(['FleetFrames', 'Exceptions']);
  expect(phase()).toBe('open');
  expect(frames).toEqual([{ n: 1 }]);
});

test('a subscription that is ended is ended at the server, and its late data goes nowhere', async () => {
  await begin();
  const late: unknown[] = [];
  const stop = link.subscribe(ExceptionsDocument, { where: { text: 'a' } }, (data) => late.push(data));
  await passed(0);
  const running = FakeSocket.newest.received.filter(({ type }) => type === 'subscribe');
  stop();
  FakeSocket.newest.onmessage?.({
    data: JSON.stringify({ type: 'next', id: running.at(-1)?.id, payload: { data: {} } }),
  });
  expect(FakeSocket.newest.received.at(-1)).toEqual({ type: 'complete', id: running.at(-1)?.id });
  expect(late).toEqual([]);
  expect(phase()).toBe('open');
});

describe('a server that goes', () => {
  test('is tried again later and later, and taken up where it comes back', async () => {
    await begin();
    FakeSocket.manner = 'gone';
    FakeSocket.newest.fail();
    expect(phase()).toBe('lost');
    expect(breaks).toBe(1);
    const waits: number[] = [];
    for (let attempt = 0; attempt < 5; attempt++) {
      await passed(0);
      waits.push((link.state.value.retryAt ?? 0) - performance.now());
      await passed(waits.at(-1) ?? 0);
      await passed(1);
    }
    expect(waits.every((wait, at) => wait > 0.7 * 500 * 2 ** at && wait <= 500 * 2 ** at)).toBe(true);
    FakeSocket.manner = 'serve';
    await passed(10_000);
    expect(phase()).toBe('lost'); // and no retryAt: it is being tried
    expect(link.state.value.retryAt).toBeNull();
    FakeSocket.newest.next('FleetFrames', { n: 2 });
    expect(phase()).toBe('open');
    expect(frames).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('is tried at once where the reader or the network asks for it', async () => {
    await begin();
    FakeSocket.newest.fail();
    link.retry();
    await passed(1);
    expect(FakeSocket.all.length).toBe(2);
    expect(FakeSocket.newest.subscriptions.size).toBe(2);
  });

  test('says why, in its own words', async () => {
    await begin();
    FakeSocket.newest.complete('FleetFrames');
    FakeSocket.newest.complete('Exceptions');
    await passed(20);
    expect(phase()).toBe('open');
    FakeSocket.newest.close(1001, 'the server is shutting down');
    expect(phase()).toBe('lost');
    expect(reason()).toBe('the server is shutting down');
  });

  test('may also end one stream and keep the connection', async () => {
    await begin();
    FakeSocket.newest.complete('FleetFrames');
    await passed(1000);
    expect(phase()).toBe('lost');
    await passed(600);
    FakeSocket.newest.next('FleetFrames', { n: 2 });
    expect(phase()).toBe('open');
  });
});

test('tries come further and further apart, up to ten seconds, and not all pages at once', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((failures) => retryDelayMs(failures, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 10_000, 10_000,
  ]);
  expect(retryDelayMs(1, 0)).toBe(375);
});

describe('a server that hangs', () => {
  test('is given up when it takes no connection', async () => {
    FakeSocket.manner = 'hangs';
    await begin();
    await passed(9_900);
    expect(phase()).toBe('connecting');
    await passed(100);
    expect(phase()).toBe('lost');
    expect(reason()).toBe('no answer in time');
    expect(FakeSocket.newest.readyState).toBe(FakeSocket.CLOSED);
  });

  test('is given up when it sends no data', async () => {
    link.start();
    link.subscribe(FleetFramesDocument, { where: null }, () => {});
    await passed(10_000);
    expect(phase()).toBe('lost');
  });

  test('is given up when it answers no ping', async () => {
    await begin();
    await passed(15_000);
    expect(phase()).toBe('open');
    FakeSocket.pongs = false;
    await passed(12_500);
    expect(phase()).toBe('open');
    await passed(1_000);
    expect(phase()).toBe('lost');
  });
});

describe('a subscription the server refuses', () => {
  test('leaves the others alone, and is tried again', async () => {
    await begin();
    FakeSocket.newest.refuse('Exceptions', 'too many');
    await passed(14_000);
    expect(phase()).toBe('open');
    expect(FakeSocket.newest.subscriptions.size).toBe(2);
    await passed(1_100);
    const sent = FakeSocket.newest.received.filter(({ type }) => type === 'subscribe');
    expect(sent.length).toBe(3);
  });

  test('is not tried while the link is lost or asleep', async () => {
    await begin();
    FakeSocket.newest.refuse('Exceptions', 'too many');
    page.show(false);
    await passed(60_000);
    expect(phase()).toBe('asleep');
    expect(FakeSocket.all.length).toBe(1);
  });

  test('is the reason of the loss where there is no other', async () => {
    link.start();
    link.subscribe(FleetFramesDocument, { where: null }, () => {});
    await passed(10);
    FakeSocket.newest.refuse('FleetFrames', 'the fleet is too large');
    expect(phase()).toBe('lost');
    expect(reason()).toBe('the fleet is too large');
    expect(link.state.value.retryAt).toBe(performance.now() + 15_000);
    await passed(15_010);
    FakeSocket.newest.next('FleetFrames', {});
    expect(phase()).toBe('open');
  });
});

describe('a tab that nobody looks at', () => {
  test('stops asking after ten seconds, and begins at once when it is looked at', async () => {
    await begin();
    page.show(false);
    await passed(9_000);
    expect(phase()).toBe('open');
    await passed(1_000);
    expect(phase()).toBe('asleep');
    expect(FakeSocket.newest.isOpen).toBe(false);
    page.show(true);
    expect(phase()).toBe('connecting');
    await passed(1);
    expect(FakeSocket.newest.subscriptions.size).toBe(2);
  });

  test('goes on where it is looked at again before', async () => {
    await begin();
    page.show(false);
    await passed(9_000);
    page.show(true);
    await passed(9_000);
    expect(phase()).toBe('open');
    expect(FakeSocket.all.length).toBe(1);
  });

  test('stops also when it was opened in the background', async () => {
    page.visibilityState = 'hidden';
    await begin();
    await passed(10_000);
    expect(phase()).toBe('asleep');
  });

  test('does not retry, and does at once when it is looked at', async () => {
    await begin();
    FakeSocket.manner = 'gone';
    FakeSocket.newest.fail();
    page.show(false);
    await passed(10_000);
    const tried = FakeSocket.all.length;
    await passed(60_000);
    expect(FakeSocket.all.length).toBe(tried);
    page.show(true);
    expect(FakeSocket.all.length).toBe(tried + 1);
  });
});

describe('a token', () => {
  test('that the server refuses is not tried again', async () => {
    await begin();
    FakeSocket.newest.close(4403, 'Forbidden: a token is needed');
    expect(phase()).toBe('refused');
    expect(link.state.value.hasToken).toBe(false);
    await passed(60_000);
    page.show(false);
    page.show(true);
    expect(FakeSocket.all.length).toBe(1);
  });

  test('that expires ends the streams first, and is named as the reason', async () => {
    await begin();
    FakeSocket.newest.complete('FleetFrames');
    FakeSocket.newest.complete('Exceptions');
    await passed(5);
    FakeSocket.newest.close(4403, 'Forbidden: the token has expired');
    expect(phase()).toBe('refused');
    expect(reason()).toBe('Forbidden: the token has expired');
  });

  test('that is new is sent with everything from then on', async () => {
    await begin();
    FakeSocket.newest.close(4403, 'Forbidden: a token is needed');
    link.useToken('abc');
    expect(phase()).toBe('connecting');
    await passed(10);
    const first = FakeSocket.newest.received[0];
    expect(first).toEqual({ type: 'connection_init', payload: { Authorization: 'Bearer abc' } });
    const seen: (string | null)[] = [];
    fakeFetch((_variables, token) => {
      seen.push(token);
      return { data: {} };
    });
    await link.query(FirstDevicesDocument, { first: 1, where: null });
    expect(seen).toEqual(['abc']);
  });

  test('that is refused over HTTP ends the streams too', async () => {
    await begin();
    fakeFetch(() => ({ errors: [{ message: 'the token has expired' }] }), 401);
    await expect(link.query(FirstDevicesDocument, { first: 1, where: null })).rejects.toBeInstanceOf(TokenNeeded);
    expect(phase()).toBe('refused');
    expect(FakeSocket.newest.isOpen).toBe(false);
  });

  test('of before says nothing about the one of now', async () => {
    await begin();
    let refuse = (_answer: object): void => {};
    fakeFetch(
      () =>
        new Promise<object>((resolve) => {
          refuse = resolve;
        }),
      401,
    );
    const asked = link.query(FirstDevicesDocument, { first: 1, where: null });
    link.useToken('new');
    refuse({ errors: [{ message: 'the token has expired' }] });
    await expect(asked).rejects.toBeInstanceOf(TokenNeeded);
    expect(phase()).toBe('connecting');
  });
});
