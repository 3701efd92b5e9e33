import { expect, test } from 'vitest';
import { judge, slowAfterMs, STATES, staleAfterMs, stateOf } from '../../src/data/states';
import { totalsOf } from '../../src/data/totals';
import type { Frame } from '../../src/data/types';
import { frame, layout } from '../fleet-of';

/** The totals of a fleet of this size, so long after its frame arrived. */
function totals(count: number, changes: Partial<Frame> = {}, sinceMs = 0, only?: Iterable<number>) {
  const [fleet, shown] = [layout(count), frame(count, changes)];
  return totalsOf(fleet, shown, judge(fleet, shown, sinceMs), only);
}

test('the worst that is so about a GPU is its state', () => {
  expect(stateOf('ACTIVE', 80, 40_000, false)).toBe('use');
  expect(stateOf('ACTIVE', 5, 0, false)).toBe('use');
  expect(stateOf('ACTIVE', 4.9, 40_000, false)).toBe('held');
  expect(stateOf('ACTIVE', 0, 100, false)).toBe('free');
  expect(stateOf('ACTIVE', null, 40_000, false)).toBe('held');
  expect(stateOf('ACTIVE', null, null, false)).toBe('nodata');
  expect(stateOf('ACTIVE', 80, 40_000, true)).toBe('nodata');
  expect(stateOf('DRAINING', 80, 40_000, true)).toBe('out');
  expect(stateOf('OFFLINE', 80, 40_000, false)).toBe('unhealthy');
  expect(stateOf('RETIRED', 80, 40_000, false)).toBeNull();
});

test('every GPU is in exactly one state, and the states add up', () => {
  const fleet = totals(6, {
    deviceStatuses: ['ACTIVE', 'ACTIVE', 'ACTIVE', 'CORDONED', 'UNHEALTHY', 'OFFLINE'],
    gpuUtilizationPct: [90, 1, null, 50, 50, 50],
    memoryUsedMb: [1000, 1000, null, 1000, 1000, 1000],
  });
  expect(fleet.states).toEqual({ use: 1, held: 1, free: 0, nodata: 1, out: 1, unhealthy: 2 });
  expect(STATES.reduce((sum, state) => sum + fleet.states[state], 0)).toBe(fleet.gpus);
  expect(fleet.allocated).toBe(2);
  expect(fleet.nodes).toBe(2);
});

test('a part of the fleet is counted by itself', () => {
  expect(totals(6, {}, 0, [0, 1]).gpus).toBe(2);
  expect(totals(6, {}, 0, [0, 1]).nodes).toBe(1);
});

test('a retired GPU is not counted', () => {
  const fleet = totals(2, { deviceStatuses: ['ACTIVE', 'RETIRED'] });
  expect(fleet.gpus).toBe(1);
  expect(fleet.memoryTotalMb).toBe(81_920);
});

test('unknown values are left out of sums and means, never taken for zero', () => {
  const fleet = totals(2, { gpuUtilizationPct: [80, null], powerDrawW: [null, null], memoryUsedMb: [null, 1024] });
  expect(fleet.utilizationPct).toBe(80);
  expect(fleet.powerW).toBeNull();
  expect(fleet.memoryUsedMb).toBe(1024);
  expect(fleet.memoryTotalMb).toBe(81_920);
});

test('ages go on growing while nothing comes, and old readings drop out of the totals', () => {
  const still = totals(2, {}, 20_000);
  expect(still.newestAgeMs).toBe(20_400);
  expect(still.utilizationPct).toBe(50);
  const old = totals(2, {}, 40_000);
  expect(old.stale).toBe(2);
  expect(old.reporting).toBe(0);
  expect(old.utilizationPct).toBeNull();
  expect(old.states.nodata).toBe(2);
});

test('the oldest age leaves out what is known to be offline', () => {
  const fleet = totals(2, { deviceStatuses: ['ACTIVE', 'OFFLINE'], ageMs: [400, 900_000] });
  expect(fleet.oldestAgeMs).toBe(400);
  expect(fleet.stale).toBe(0);
});

test('a share of the power limit is given only where every limit is known', () => {
  expect(totals(2).powerLimitW).toBe(800);
  const fleet = layout(2);
  const devices = fleet.devices.map((device, at) => (at === 1 ? { ...device, powerLimitW: null } : device));
  const partly = totalsOf({ ...fleet, devices }, frame(2), judge(fleet, frame(2), 0));
  expect(partly.powerLimitW).toBeNull();
  expect(partly.powerW).toBe(400);
});

test('an empty fleet has no figures', () => {
  const fleet = totals(0);
  expect(fleet.gpus).toBe(0);
  expect(fleet.utilizationPct).toBeNull();
  expect(fleet.oldestAgeMs).toBeNull();
});

test('what counts as late grows with the interval', () => {
  expect(staleAfterMs(1000)).toBe(30_000);
  expect(staleAfterMs(60_000)).toBe(600_000);
  expect(slowAfterMs(1000)).toBe(5_000);
  expect(slowAfterMs(60_000)).toBe(150_000);
});
