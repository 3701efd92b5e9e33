import { describe, expect, test } from 'vitest';
import type { NodeIdentity } from '../../src/data/nodes';
import { filterOf } from '../../src/nodes/node-filter';
import { standardColumns } from '../../src/nodes/node-columns';
import { ordered } from '../../src/nodes/node-order';
import { entriesOf, nodeTotals, reportAgeMs } from '../../src/nodes/node-rows';
import { known } from './known';

function identity(id: string, changes: Partial<NodeIdentity> = {}): NodeIdentity {
  return {
    id,
    nodeName: id.replace('_', '-'),
    clusterName: 'seoul',
    nodeIp: '10.0.0.7',
    nodeStatus: 'READY',
    nvidiaDriverVersion: '580.95.05',
    collectionSource: 'AGENT',
    lastReportAt: '2025-12-31T23:59:50Z',
    ...changes,
  };
}

const fleet = known(4, {
  deviceStatuses: ['ACTIVE', 'ACTIVE', 'ACTIVE', 'UNHEALTHY'],
  gpuUtilizationPct: [90, 70, 20, null],
  powerDrawW: [300, null, 100, null],
});
const names = (query: Record<string, string>, column: 'node' | 'utilization' | 'report' = 'node', descending = false) =>
  ordered(
    fleet,
    entriesOf(fleet.layout, [identity('node_a'), identity('node_b', { nodeStatus: 'OFFLINE' })]),
    filterOf(query),
    {
      column,
      descending,
    },
  ).map(({ nodeName }) => nodeName);

test('a node has the figures of its own GPUs', () => {
  const [a, b] = entriesOf(fleet.layout, null);
  if (!a || !b) throw new Error('two nodes');
  expect(nodeTotals(fleet, a)).toMatchObject({ gpus: 2, allocated: 2, utilizationPct: 80, powerW: 300 });
  expect(nodeTotals(fleet, b)).toMatchObject({ gpus: 2, allocated: 1, utilizationPct: 20, powerW: 100 });
  expect(nodeTotals(fleet, b).states.unhealthy).toBe(1);
  expect(nodeTotals(fleet, b)).toBe(nodeTotals(fleet, b));
});

test('a node without a GPU is in the list too', () => {
  const entries = entriesOf(fleet.layout, [identity('node_new')]);
  expect(entries.map(({ nodeName, identity: known }) => [nodeName, known !== null])).toEqual([
    ['node-a', false],
    ['node-b', false],
    ['node-new', true],
  ]);
  const last = entries.at(-1);
  expect(last && nodeTotals(fleet, last).gpus).toBe(0);
});

describe('a list of nodes', () => {
  test('is filtered by text, status, model and the states of GPUs', () => {
    expect(names({ q: 'node-b 580' })).toEqual(['node-b']);
    expect(names({ q: '10.0.0.7 a100' })).toEqual(['node-a', 'node-b']);
    expect(names({ status: 'OFFLINE' })).toEqual(['node-b']);
    expect(names({ model: 'H100' })).toEqual([]);
    expect(names({ state: 'unhealthy,free' })).toEqual(['node-b']);
  });

  test('is sorted by figures', () => {
    expect(names({}, 'utilization', true)).toEqual(['node-a', 'node-b']);
    expect(names({}, 'utilization', false)).toEqual(['node-b', 'node-a']);
  });

  test('names the cluster where there are several', () => {
    expect(standardColumns(1, 'all')).not.toContain('cluster');
    expect(standardColumns(2, 'all')).toContain('cluster');
  });
});

test('the last report is the newest thing heard of a node, by the clock of the server', () => {
  const silent = known(2, { ageMs: [60_000, null] });
  const [entry] = entriesOf(silent.layout, [identity('node_a')]);
  const [unread] = entriesOf(silent.layout, null);
  if (!entry || !unread) throw new Error('one node');
  expect(reportAgeMs(silent, entry)).toBe(10_000);
  expect(reportAgeMs(silent, unread)).toBe(60_000);
  const never = known(1, { ageMs: [null] });
  const [mute] = entriesOf(never.layout, [identity('node_a', { lastReportAt: null })]);
  expect(mute && reportAgeMs(never, mute)).toBeNull();
});
