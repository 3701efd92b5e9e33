import { expect, test } from 'vitest';
import { slowAfterMs, staleAfterMs, stateOf, totalsOf } from '../src/data/totals';
import { frame, layout } from './fleet-of';

test('every GPU is in exactly one state, and the states add up', () => {
  const totals = totalsOf(
    layout(6),
    frame(6, {
      deviceStatuses: ['ACTIVE', 'ACTIVE', 'ACTIVE', 'CORDONED', 'UNHEALTHY', 'OFFLINE'],
      gpuUtilizationPct: [90, 1, null, 50, 50, 50],
    }),
    0,
  );
  expect(totals.states).toEqual({ busy: 1, quiet: 1, nodata: 1, out: 1, unhealthy: 2 });
  expect(totals.gpus).toBe(6);
  expect(totals.available).toBe(3);
  expect(totals.nodes).toBe(2);
});

test('a retired GPU is not counted', () => {
  const totals = totalsOf(layout(2), frame(2, { deviceStatuses: ['ACTIVE', 'RETIRED'] }), 0);
  expect(totals.gpus).toBe(1);
  expect(totals.memoryTotalMb).toBe(81_920);
});

test('unknown values are left out of sums and means, never taken for zero', () => {
  const totals = totalsOf(
    layout(2),
    frame(2, { gpuUtilizationPct: [80, null], powerDrawW: [null, null], memoryUsedMb: [null, 1024] }),
    0,
  );
  expect(totals.utilizationPct).toBe(80);
  expect(totals.powerW).toBeNull();
  expect(totals.memoryUsedMb).toBe(1024);
  expect(totals.memoryTotalMb).toBe(81_920);
});

test('ages go on growing while nothing comes, and old readings drop out of the totals', () => {
  const still = totalsOf(layout(2), frame(2), 20_000);
  expect(still.newestAgeMs).toBe(20_400);
  expect(still.utilizationPct).toBe(50);
  const old = totalsOf(layout(2), frame(2), 40_000);
  expect(old.stale).toBe(2);
  expect(old.reporting).toBe(0);
  expect(old.utilizationPct).toBeNull();
  expect(old.states.nodata).toBe(2);
});

test('the oldest age leaves out what is known to be offline', () => {
  const totals = totalsOf(layout(2), frame(2, { deviceStatuses: ['ACTIVE', 'OFFLINE'], ageMs: [400, 900_000] }), 0);
  expect(totals.oldestAgeMs).toBe(400);
  expect(totals.stale).toBe(0);
});

test('a share of the power limit is given only where every limit is known', () => {
  const known = totalsOf(layout(2), frame(2), 0);
  expect(known.powerLimitW).toBe(800);
  const fleet = layout(2);
  const [first, second] = fleet.devices;
  if (!first || !second) throw new Error('the fleet has two devices');
  const partly = totalsOf({ ...fleet, devices: [first, { ...second, powerLimitW: null }] }, frame(2), 0);
  expect(partly.powerLimitW).toBeNull();
  expect(partly.powerW).toBe(400);
});

test('an empty fleet has no figures', () => {
  const totals = totalsOf(layout(0), frame(0), 0);
  expect(totals.gpus).toBe(0);
  expect(totals.utilizationPct).toBeNull();
  expect(totals.oldestAgeMs).toBeNull();
});

test('what counts as late grows with the interval', () => {
  expect(staleAfterMs(1000)).toBe(30_000);
  expect(staleAfterMs(60_000)).toBe(600_000);
  expect(slowAfterMs(1000)).toBe(5_000);
  expect(slowAfterMs(60_000)).toBe(150_000);
  expect(stateOf('ACTIVE', 80, true)).toBe('nodata');
});
