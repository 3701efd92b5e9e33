import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FleetFeed, feedOf } from '../../src/data/fleet';
import { Link } from '../../src/data/link';
import { FakeSocket, fakeBrowser, fakeFetch } from './browser';

let page: ReturnType<typeof fakeBrowser>;
let link: Link;
let feed: FleetFeed;
let asked: Record<string, unknown>[];
/** What the server knows: the version of its layout by cluster name, '' for all. */
let versions: Record<string, string>;
let slowToAnswerMs: number;

beforeEach(() => {
  page = fakeBrowser();
  asked = [];
  versions = { '': 'v1', seoul: 's1', busan: 'b1' };
  slowToAnswerMs = 0;
  fakeFetch(async (variables, token) => {
    asked.push(variables);
    const where = variables.where as { clusterNames: string[] } | null;
    const name = where?.clusterNames[0] ?? '';
    const layoutVersion = versions[name];
    await new Promise((resolve) => setTimeout(resolve, slowToAnswerMs));
    const device = {
      id: `dev-${name}`,
      node: { id: `node-${name}`, nodeName: `node-${name}` },
      model: { id: 'model' },
    };
    return {
      data: {
        fleetFrame: { layoutVersion, deviceIds: [device.id] },
        fleet: { clusterNames: ['busan', 'seoul'] },
        viewer: { subject: token ?? 'nobody', role: 'VIEWER', permissions: [] },
        devices: { nodes: [device], pageInfo: { hasNextPage: false, endCursor: null } },
      },
    };
  });
  link = new Link(new URL('https://gpu.example/'));
  feed = new FleetFeed(link);
});

afterEach(() => {
  feed.stop();
  link.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function begin(): Promise<void> {
  link.start();
  feed.start();
  await passed(10);
}

async function passed(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

/** A tick arrives and is painted. */
async function tick(utilization: number, layoutVersion = 'v1', changes: object = {}): Promise<void> {
  FakeSocket.newest.next('FleetFrames', { fleetFrame: frameOf(utilization, layoutVersion, changes) });
  await passed(20);
}

function frameOf(utilization: number, layoutVersion: string, changes: object) {
  return {
    sequence: 1,
    asOf: new Date().toISOString(),
    layoutVersion,
    intervalMs: 1000,
    deviceStatuses: ['ACTIVE'],
    gpuUtilizationPct: [utilization],
    memoryUsedMb: [1000],
    memoryTotalMb: [2000],
    temperatureC: [50],
    powerDrawW: [100],
    ageMs: [0],
    collectionSources: ['AGENT'],
    ...changes,
  };
}

const now = () => feed.snapshot.value;
const shown = () => now().frame?.gpuUtilizationPct[0];

test('the feed is named for what is so', () => {
  expect(feedOf('connecting', false, null, null)).toBe('connecting');
  expect(feedOf('open', false, 1000, 400)).toBe('live');
  expect(feedOf('open', false, 1000, 8_000)).toBe('slow');
  expect(feedOf('open', false, 1000, 31_000)).toBe('stale');
  expect(feedOf('open', false, 60_000, 31_000)).toBe('live');
  expect(feedOf('open', true, 1000, 400)).toBe('paused');
  expect(feedOf('lost', true, 1000, 400)).toBe('offline');
  expect(feedOf('refused', false, null, null)).toBe('offline');
  expect(feedOf('open', false, 1000, null)).toBe('stale');
  expect(feedOf('connecting', false, 1000, 90_000)).toBe('connecting'); // a tab that woke up
});

test('layout and frames are asked for side by side, and shown when both are there', async () => {
  slowToAnswerMs = 500;
  await begin();
  expect(asked.length).toBe(1);
  await tick(10);
  expect(now().feed).toBe('connecting');
  await passed(500);
  expect(shown()).toBe(10);
  expect(now().feed).toBe('live');
  expect(now().clusters).toEqual(['busan', 'seoul']);
  expect(asked.length).toBe(1);
});

test('ages grow while nothing comes, whatever the screen does', async () => {
  await begin();
  await tick(10);
  await passed(7_000);
  expect(now().feed).toBe('slow');
  expect(now().totals?.newestAgeMs).toBeGreaterThan(6_000);
  await passed(25_000);
  expect(now().feed).toBe('stale');
  expect(now().judged?.stale).toEqual([true]);
});

test('values are as old as their frame, also where the layout came later', async () => {
  slowToAnswerMs = 3_000;
  await begin();
  await tick(10);
  await passed(3_000);
  expect(now().sinceMs).toBeGreaterThan(2_900);
});

describe('a layout that changes', () => {
  test('is read once, and the last picture stays until then', async () => {
    await begin();
    await tick(10);
    versions[''] = 'v2';
    slowToAnswerMs = 2_000;
    await passed(1_000);
    for (let n = 0; n < 3; n++) {
      await tick(20 + n, 'v2');
      expect(shown()).toBe(10);
      await passed(200);
    }
    await passed(2_000);
    expect(shown()).toBe(22);
    expect(asked.length).toBe(2);
  });

  test('is read again in a second where it moved meanwhile, without waiting for a frame', async () => {
    await begin();
    versions[''] = 'v2';
    await tick(10, 'v2');
    expect(shown()).toBeUndefined();
    await passed(1_000);
    expect(shown()).toBe(10);
    expect(asked.length).toBe(2);
  });

  test('is read again where the server could not answer', async () => {
    await begin();
    await tick(10);
    const working = globalThis.fetch;
    vi.stubGlobal('fetch', async () => {
      throw new TypeError('Failed to fetch');
    });
    versions[''] = 'v2';
    await passed(1_000);
    await tick(20, 'v2');
    vi.stubGlobal('fetch', working);
    await passed(1_000);
    expect(shown()).toBe(20);
  });
});

describe('another cluster', () => {
  test('is what is asked for and shown from then on', async () => {
    await begin();
    await tick(10);
    feed.look('seoul');
    await passed(20);
    expect(now().frame).toBeNull();
    expect(now().history.fleet).toEqual([]);
    const { payload } = FakeSocket.newest.subscriptions.get('FleetFrames') ?? {};
    expect(payload).toMatchObject({ variables: { where: { clusterNames: ['seoul'] } } });
    await tick(30, 's1');
    expect(shown()).toBe(30);
    expect(now().layout?.nodes[0]?.nodeName).toBe('node-seoul');
    expect(FakeSocket.all.length).toBe(1);
  });

  test('is shown although the layout of the one before arrives late', async () => {
    slowToAnswerMs = 500;
    await begin();
    feed.look('seoul');
    await passed(1);
    await tick(30, 's1');
    feed.look('busan');
    await passed(1);
    await tick(40, 'b1');
    await passed(1_500);
    expect(now().layout?.nodes[0]?.nodeName).toBe('node-busan');
    expect(shown()).toBe(40);
  });

  test('ends a pause: there is nothing to hold', async () => {
    await begin();
    await tick(10);
    feed.togglePause();
    feed.look('seoul');
    await passed(20);
    await tick(30, 's1');
    expect(now().feed).toBe('live');
  });
});

describe('a pause', () => {
  test('holds values and states, and goes on with the newest', async () => {
    await begin();
    await tick(10);
    feed.togglePause();
    for (let n = 0; n < 40; n++) {
      await passed(1_000);
      await tick(20 + n);
    }
    expect(now().feed).toBe('paused');
    expect(shown()).toBe(10);
    expect(now().judged?.states).toEqual(['use']); // and not turned into old data
    feed.togglePause();
    await passed(20);
    expect(shown()).toBe(59);
    expect(now().feed).toBe('live');
  });

  test('does not hide that the server is gone', async () => {
    await begin();
    await tick(10);
    feed.togglePause();
    FakeSocket.newest.fail();
    await passed(20);
    expect(now().feed).toBe('offline');
  });
});

test('a gap in the connection is not a late arrival', async () => {
  await begin();
  await tick(10);
  await passed(1_000);
  await tick(11);
  expect(now().gapsMs.length).toBe(1);
  FakeSocket.newest.fail();
  await passed(600);
  await tick(12);
  expect(now().gapsMs.length).toBe(1);
  expect(now().feed).toBe('live');
});

test('what one reader saw is gone when another signs in', async () => {
  await begin();
  await tick(10);
  const change = { sequence: 7, entityId: 'dev-' };
  const events = { sequence: 7, snapshot: true, devices: [], removedDeviceIds: [], changes: [change] };
  FakeSocket.newest.next('Exceptions', { deviceEvents: events });
  await passed(20);
  expect(now().exceptions.changes.length).toBe(1);
  expect(now().viewer?.subject).toBe('nobody');
  link.useToken('minseo');
  await passed(20);
  expect(now().frame).toBeNull();
  expect(now().history.fleet).toEqual([]);
  FakeSocket.newest.next('Exceptions', { deviceEvents: { ...events, changes: [] } });
  await tick(20); // of the same layout
  await passed(20);
  expect(now().exceptions.changes).toEqual([]);
  expect(shown()).toBe(20);
  expect(now().viewer?.subject).toBe('minseo');
});

test('a token that ran out leaves the last values, with their age', async () => {
  await begin();
  await tick(10);
  FakeSocket.newest.close(4403, 'Forbidden: the token has expired');
  await passed(3_000);
  expect(now().feed).toBe('offline');
  expect(shown()).toBe(10);
  expect(now().sinceMs).toBeGreaterThan(2_000);
});

describe('painting', () => {
  test('happens once for what arrives together, and not at all in the background', async () => {
    await begin();
    await tick(10);
    let painted = 0;
    feed.snapshot.watch(() => {
      painted += 1;
    });
    FakeSocket.newest.next('FleetFrames', { fleetFrame: frameOf(20, 'v1', {}) });
    FakeSocket.newest.next('Exceptions', {
      deviceEvents: { sequence: 1, snapshot: true, devices: [], removedDeviceIds: [], changes: [] },
    });
    await passed(20);
    expect(painted).toBe(1);
    page.show(false);
    await tick(30);
    await passed(5_000);
    expect(painted).toBe(1);
    page.show(true);
    await passed(1_300);
    expect(shown()).toBe(30);
  });

  test('happens once a tick while ticks come in time', async () => {
    await begin();
    await tick(10);
    let painted = 0;
    feed.snapshot.watch(() => {
      painted += 1;
    });
    for (let n = 0; n < 10; n++) {
      await passed(980);
      await tick(n);
    }
    expect(painted).toBe(10);
  });
});
