import { beforeEach, expect, test } from 'vitest';
import { NodeFeed, type NodeIdentity, newestNodeChange } from '../../src/data/nodes';
import type { Link } from '../../src/data/link';
import type { Change } from '../../src/data/types';

let asked: Record<string, unknown>[];
let told: (readonly string[] | null)[];
let answers: ((cursor: unknown) => { ids: string[]; endCursor: string | null })[];
let feed: NodeFeed;

const change = (sequence: number, kind: Change['kind']): Change => ({ sequence, kind }) as Change;

const see = (cluster: string | null, changes: readonly Change[], now: number, version = 'v1') =>
  feed.see({ cluster, exceptions: { byDevice: new Map(), changes }, layout: { version }, now });

/** Lets what was asked be answered. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  asked = [];
  told = [];
  answers = [];
  const link = {
    query: async (_: unknown, variables: Record<string, unknown>) => {
      asked.push(variables);
      const answer = answers.shift();
      if (!answer) throw new Error('no answer');
      const { ids, endCursor } = answer(variables.after);
      const nodes = ids.map((id) => ({ id }) as NodeIdentity);
      return { gpuNodes: { nodes, pageInfo: { hasNextPage: endCursor !== null, endCursor } } };
    },
  } as unknown as Link;
  feed = new NodeFeed(link, (nodes) => told.push(nodes ? nodes.map(({ id }) => id) : null));
});

const answer = (ids: string[], endCursor: string | null = null) => answers.push(() => ({ ids, endCursor }));

test('all pages are read, of the cluster that is looked at', async () => {
  answer(['a'], 'c1');
  answer(['b']);
  see('seoul', [], 0);
  await settle();
  expect(told).toEqual([['a', 'b']]);
  expect(asked).toEqual([
    { first: 1000, after: null, where: { clusterNames: ['seoul'] } },
    { first: 1000, after: 'c1', where: { clusterNames: ['seoul'] } },
  ]);
});

test('the list is read anew after a change of a node, and every 30 s, not at every snapshot', async () => {
  answer(['a']);
  see(null, [], 0);
  await settle();
  see(null, [change(4, 'DEVICE_UPDATED')], 1000);
  expect(asked).toHaveLength(1);
  answer(['a', 'b']);
  see(null, [change(5, 'NODE_REGISTERED')], 2000);
  await settle();
  see(null, [change(5, 'NODE_REGISTERED')], 31_999);
  expect(asked).toHaveLength(2);
  answer(['a', 'b']);
  see(null, [change(5, 'NODE_REGISTERED')], 32_000);
  await settle();
  expect(told).toEqual([['a'], ['a', 'b'], ['a', 'b']]);
});

test('the list is read anew when the fleet has another layout', async () => {
  answer(['a']);
  see(null, [], 0);
  await settle();
  answer(['a', 'b']);
  see(null, [], 1000, 'v2');
  await settle();
  see(null, [], 2000, 'v2');
  expect(told).toEqual([['a'], ['a', 'b']]);
});

test('a failure keeps what was known, and is tried again in five seconds', async () => {
  answer(['a']);
  see(null, [], 0);
  await settle();
  see(null, [], 30_000);
  await settle();
  expect(told).toEqual([['a']]);
  see(null, [], 34_999);
  expect(asked).toHaveLength(2);
  answer(['a', 'b']);
  see(null, [], 35_000);
  await settle();
  expect(told).toEqual([['a'], ['a', 'b']]);
});

test('another cluster drops the list at once; one that comes late is not taken for it', async () => {
  answer(['seoul-1']);
  see('seoul', [], 0);
  answer(['busan-1']);
  see('busan', [], 10);
  await settle();
  see('busan', [], 20);
  await settle();
  expect(told.at(-1)).toEqual(['busan-1']);
  expect(told.indexOf(null)).toBeLessThan(told.length - 1);
});

test('only changes of nodes count', () => {
  expect(newestNodeChange([change(9, 'DEVICE_REMOVED'), change(7, 'NODE_UPDATED'), change(3, 'NODE_REMOVED')])).toBe(7);
  expect(newestNodeChange([])).toBe(0);
});
