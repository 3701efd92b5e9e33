import { expect, test } from 'vitest';
import { LayoutMoved, PAGE_SIZE, readLayout } from '../../src/data/layout';
import type { Link } from '../../src/data/link';
import { device, layout } from '../fleet-of';

/** Answers one query after the other with these. */
function answers(...all: readonly object[]) {
  const sent: unknown[] = [];
  const query = async (_document: unknown, variables: unknown) => {
    sent.push(variables);
    return all[sent.length - 1];
  };
  return { link: { query } as Pick<Link, 'query'>, sent };
}

const page = (devices: readonly object[], endCursor: string | null) => ({
  nodes: devices,
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
});

const first = (deviceIds: readonly string[], devices: object) => ({
  fleetFrame: { layoutVersion: 'v7', deviceIds },
  fleet: { clusterNames: ['busan', 'seoul'] },
  viewer: { subject: 'dev', role: 'ADMIN' },
  devices,
});

test('the fleet is read page by page, in order', async () => {
  const { link, sent } = answers(first(['dev_0', 'dev_1'], page([device(0)], 'c1')), {
    devices: page([device(1)], null),
  });
  const where = { clusterNames: ['seoul'] };
  const read = await readLayout(link, where);
  expect(read.layout.version).toBe('v7');
  expect(read.layout.devices.map(({ id }) => id)).toEqual(['dev_0', 'dev_1']);
  expect(read.viewer.subject).toBe('dev');
  expect(read.clusters).toEqual(['busan', 'seoul']);
  expect(sent).toEqual([
    { first: PAGE_SIZE, where },
    { first: PAGE_SIZE, after: 'c1', where },
  ]);
});

test('pages that do not add up to the layout are not believed', async () => {
  const swapped = answers(first(['dev_0', 'dev_1'], page([device(1), device(0)], null)));
  await expect(readLayout(swapped.link, null)).rejects.toBeInstanceOf(LayoutMoved);
  const short = answers(first(['dev_0', 'dev_1'], page([device(0)], null)));
  await expect(readLayout(short.link, null)).rejects.toBeInstanceOf(LayoutMoved);
});

test('nodes and positions follow from the list', () => {
  const { nodes, at } = layout(5);
  expect(nodes.map(({ nodeName, first: from, count }) => [nodeName, from, count])).toEqual([
    ['node-a', 0, 2],
    ['node-b', 2, 3],
  ]);
  expect(at.get('dev_4')).toBe(4);
});
