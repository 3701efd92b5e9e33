import { expect, test } from 'vitest';
import { feedOf } from '../src/data/fleet';
import { History, POINTS } from '../src/data/history';
import { LayoutMoved, readLayout } from '../src/data/layout';
import { retryDelayMs } from '../src/data/retry';
import { totalsOf } from '../src/data/totals';
import { exceptionsOf, sentence, silence } from '../src/view/notices';
import { sparkPath } from '../src/view/spark-line';
import { device, frame, layout } from './fleet-of';

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
});

test('retries come further and further apart, up to ten seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 50].map((failures) => retryDelayMs(failures, 1))).toEqual([
    500, 1000, 2000, 4000, 8000, 10_000, 10_000,
  ]);
  expect(retryDelayMs(1, 0)).toBe(375);
});

function pages(answers: readonly object[]) {
  const sent: Record<string, unknown>[] = [];
  const query = async <T>(_text: string, variables: Record<string, unknown>): Promise<T> => {
    sent.push(variables);
    return answers[sent.length - 1] as T;
  };
  return { query, sent };
}

const page = (devices: readonly object[], endCursor: string | null) => ({
  nodes: devices,
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
});

test('the fleet is read page by page, in order', async () => {
  const { query, sent } = pages([
    {
      fleetFrame: { layoutVersion: 'v7', deviceIds: ['dev_0', 'dev_1'] },
      viewer: { subject: 'dev', role: 'ADMIN' },
      devices: page([device(0)], 'c1'),
    },
    { devices: page([device(1)], null) },
  ]);
  const read = await readLayout(query);
  expect(read.layout.version).toBe('v7');
  expect(read.layout.devices.map(({ id }) => id)).toEqual(['dev_0', 'dev_1']);
  expect(sent).toEqual([{ first: 1000 }, { first: 1000, after: 'c1' }]);
});

test('pages that do not add up to the layout are not believed', async () => {
  const { query } = pages([
    {
      fleetFrame: { layoutVersion: 'v7', deviceIds: ['dev_0', 'dev_1'] },
      viewer: { subject: 'dev', role: 'ADMIN' },
      devices: page([device(1), device(0)], null),
    },
  ]);
  await expect(readLayout(query)).rejects.toBeInstanceOf(LayoutMoved);
});

test('the history keeps two minutes, oldest first, and forgets them when the fleet changes', () => {
  const history = new History();
  const totals = totalsOf(layout(2), frame(2), 0);
  for (let second = 0; second < POINTS + 10; second++) {
    history.add(frame(2, { gpuUtilizationPct: [second, null] }), totals, second * 1000);
  }
  const values = history.device(0);
  expect(values.length).toBe(POINTS);
  expect(values.at(0)).toBe(10);
  expect(values.at(-1)).toBe(POINTS + 9);
  expect(history.device(1).every(Number.isNaN)).toBe(true);
  history.add(frame(1, { layoutVersion: 'v2' }), totals, 1e9);
  expect(history.device(0)).toEqual([50]);
});

test('frames faster than one a second are thinned out', () => {
  const history = new History();
  const totals = totalsOf(layout(1), frame(1), 0);
  for (let tick = 0; tick < 40; tick++) history.add(frame(1), totals, tick * 100);
  expect(history.fleet.length).toBe(5);
});

test('a line has gaps where values are unknown, and none with a single point', () => {
  expect(sparkPath([0, 50, Number.NaN, 100], 90, 20, [0, 100], 4)).toBe('M0.0 19.0L30.0 10.0M90.0 1.0');
  expect(sparkPath([5], 90, 20, null, 4)).toBe('');
  expect(sparkPath([Number.NaN, Number.NaN], 90, 20, null, 4)).toBe('');
});

test('a reason is worded as a sentence', () => {
  expect(sentence('Forbidden: the token has expired')).toBe('The token has expired.');
  expect(sentence('')).toBe('');
});

test('what is not well is counted once', () => {
  const fleet = layout(4);
  const mixed = frame(4, {
    deviceStatuses: ['ACTIVE', 'ACTIVE', 'ACTIVE', 'UNHEALTHY'],
    ageMs: [400, 60_000, null, 400],
  });
  expect(exceptionsOf(totalsOf(fleet, mixed, 0))).toBe(
    '1 GPU unhealthy or offline, 1 GPU with old readings, 1 GPU without a reading, of 4. Totals leave them out.',
  );
  expect(exceptionsOf(totalsOf(fleet, frame(4), 0))).toBe('');
  expect(silence(totalsOf(fleet, frame(4), 60_000))).toContain('No new readings for 1 min');
});
