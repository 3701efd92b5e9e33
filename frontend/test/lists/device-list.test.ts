import { describe, expect, test } from 'vitest';
import type { Known } from '../../src/data/fleet';
import { filterOf, isFiltering, matching } from '../../src/devices/device-filter';
import { DeviceOrder, ordered, RENEW_MS } from '../../src/devices/device-order';
import { FLEET_ORDER } from '../../src/devices/device-columns';
import { rowAt } from '../../src/devices/rows';
import { known } from './known';

const ALL = filterOf({});

function shown(fleet: Known, query: Record<string, string>): number[] {
  return matching(fleet.layout, fleet.judged, filterOf(query));
}

describe('a filter', () => {
  const fleet = known(4, {
    deviceStatuses: ['ACTIVE', 'CORDONED', 'ACTIVE', 'UNHEALTHY'],
    gpuUtilizationPct: [90, 90, 0, null],
  });

  test('of text finds every word, wherever it stands', () => {
    expect(shown(fleet, { q: 'a100 node-a' })).toEqual([0, 1]);
    expect(shown(fleet, { q: 'GPU-2A2B' })).toEqual([2]);
    expect(shown(fleet, { q: 'node-b · GPU 3' })).toEqual([3]);
    expect(shown(fleet, { q: '00000000:01:00.0' })).toEqual([1]);
    expect(shown(fleet, { q: 'node-a node-b' })).toEqual([]);
    expect(shown(fleet, { q: '  ' })).toEqual([0, 1, 2, 3]);
  });

  test('of states takes one or several, and leaves out what is none', () => {
    expect(shown(fleet, { state: 'use' })).toEqual([0]);
    expect(shown(fleet, { state: 'out,unhealthy' })).toEqual([1, 3]);
    expect(shown(fleet, { state: 'held' })).toEqual([2]);
    expect(shown(fleet, { state: 'nonsense' })).toEqual([0, 1, 2, 3]);
  });

  test('of nodes and models goes by name or id', () => {
    expect(shown(fleet, { node: 'node-b' })).toEqual([2, 3]);
    expect(shown(fleet, { node: 'node_a,node-b' })).toEqual([0, 1, 2, 3]);
    expect(shown(fleet, { model: 'A100 80GB SXM4', node: 'node-a' })).toEqual([0, 1]);
    expect(shown(fleet, { model: 'H100' })).toEqual([]);
  });

  test('says whether it filters; the cluster is not one of them', () => {
    expect(isFiltering(filterOf({ cluster: 'seoul', sort: '-power' }))).toBe(false);
    expect(isFiltering(filterOf({ q: 'x' }))).toBe(true);
  });
});

describe('an order', () => {
  test('by memory goes by how full it is, not by how much is used', () => {
    const fleet = known(2, { memoryUsedMb: [20_000, 10_000], memoryTotalMb: [80_000, 12_000] });
    expect(ordered(fleet, ALL, { column: 'memory', descending: true })).toEqual([1, 0]);
  });

  test('by a reading puts what is unknown or old last', () => {
    const fleet = known(3, { powerDrawW: [900, 100, null], ageMs: [60_000, 400, 400] });
    expect(ordered(fleet, ALL, { column: 'power', descending: true })).toEqual([1, 0, 2]);
  });

  test('by status starts with the worst', () => {
    const fleet = known(3, { deviceStatuses: ['ACTIVE', 'CORDONED', 'OFFLINE'] });
    expect(ordered(fleet, ALL, { column: 'status', descending: true })).toEqual([2, 1, 0]);
  });

  test('leaves out a retired GPU; the others keep their place in the frame', () => {
    const fleet = known(3, { deviceStatuses: ['RETIRED', 'ACTIVE', 'ACTIVE'], temperatureC: [1, 2, 3] });
    expect(ordered(fleet, ALL, FLEET_ORDER)).toEqual([1, 2]);
    expect(rowAt(fleet, 2)?.temperatureC).toBe(3);
    expect(rowAt(fleet, 3)).toBeNull();
  });

  test('is renewed every three seconds, and at once where another is asked for', () => {
    const order = new DeviceOrder();
    const byLoad = { column: 'utilization', descending: true } as const;
    const at = (now: number, gpuUtilizationPct: number[]): Known => ({ ...known(2, { gpuUtilizationPct }), now });
    order.follow(at(1000, [10, 20]), ALL, byLoad);
    expect(order.positions).toEqual([1, 0]);
    order.follow(at(999 + RENEW_MS, [20, 10]), ALL, byLoad);
    expect(order.positions).toEqual([1, 0]);
    order.follow(at(1000 + RENEW_MS, [20, 10]), ALL, byLoad);
    expect(order.positions).toEqual([0, 1]);
    order.follow(at(1001 + RENEW_MS, [20, 10]), filterOf({ node: 'none' }), byLoad);
    expect(order.positions).toEqual([]);
  });
});
