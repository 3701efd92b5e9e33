import { describe, expect, it } from 'vitest';
import type { Metric } from '../../src/data/history';
import type { DeviceState } from '../../src/data/states';
import type { Frame } from '../../src/data/types';
import { lookOf, looksOf, packed, plainStep, Shape, unpacked } from '../../src/overview/heat-map/looks';
import { powerTops, stepOf } from '../../src/overview/heat-map/palette';
import { fleet, shown } from './fleet';

const layout = fleet({ name: 'h100-1', gpus: 2 });

function looks(changes: Partial<Frame>, metric: Metric = 'utilization', stateFilter: DeviceState | '' = '') {
  const selection = new Set<string>();
  const all = looksOf({ ...shown(layout, changes), metric, stateFilter, selection, powerTops: powerTops(layout) });
  return [...all].map(unpacked);
}

describe('look of a cell', () => {
  it('survives packing', () => {
    for (const shape of Object.values(Shape)) {
      const look = { shape, step: 8, stale: true, dimmed: false, selected: true };
      expect(unpacked(packed(look))).toEqual(look);
    }
  });

  it('is plain only where it is nothing but a value', () => {
    const value = { shape: Shape.Value, step: 5, stale: false, dimmed: false, selected: false };
    expect(plainStep(packed(value))).toBe(5);
    for (const flag of ['stale', 'dimmed', 'selected'] as const) {
      expect(plainStep(packed({ ...value, [flag]: true }))).toBe(0);
    }
    expect(plainStep(packed({ ...value, shape: Shape.Held }))).toBe(0);
  });

  it('of work is its value, in steps', () => {
    expect(looks({ gpuUtilizationPct: [18, 96] })).toMatchObject([
      { shape: Shape.Value, step: 2 },
      { shape: Shape.Value, step: 8 },
    ]);
  });

  it('tells held idle, free and unknown apart by shape', () => {
    const quiet = { gpuUtilizationPct: [0, 0], memoryUsedMb: [40_960, 0] };
    expect(looks(quiet)).toMatchObject([
      { shape: Shape.Held, step: 1 },
      { shape: Shape.Hollow, step: 0 },
    ]);
    expect(looks({ gpuUtilizationPct: [null, 50], memoryUsedMb: [null, 0], ageMs: [null, 400] })).toMatchObject([
      { shape: Shape.Unknown, stale: false },
      { shape: Shape.Value },
    ]);
  });

  it('of an old reading is its last value, faded', () => {
    expect(looks({ ageMs: [42_000, 400] })).toMatchObject([
      { shape: Shape.Value, step: 5, stale: true },
      { shape: Shape.Value, step: 5, stale: false },
    ]);
  });

  it('is not known where this metric is not read', () => {
    expect(looks({ temperatureC: [null, 60] }, 'temperature')).toMatchObject([
      { shape: Shape.Unknown, step: 0 },
      { shape: Shape.Value, step: 4 },
    ]);
  });

  it('out of service is hatched, over the value where work still runs', () => {
    const out = { deviceStatuses: ['CORDONED' as const, 'DRAINING' as const] };
    expect(looks({ ...out, gpuUtilizationPct: [60, 0], memoryUsedMb: [0, 0] })).toMatchObject([
      { shape: Shape.Hatched, step: 5 },
      { shape: Shape.Hatched, step: 0 },
    ]);
    expect(looks({ ...out, ageMs: [42_000, 400] })).toMatchObject([{ stale: true }, { stale: false }]);
  });

  it('of a loss does not fade, and what is retired has none', () => {
    const statuses = ['OFFLINE' as const, 'RETIRED' as const];
    expect(looks({ deviceStatuses: statuses, ageMs: [90_000, 400] })).toMatchObject([
      { shape: Shape.Unhealthy, stale: false },
      { shape: Shape.None },
    ]);
    expect(lookOf(null, 3, true, true)).toBe(Shape.None);
  });

  it('is dimmed by the filter and marked by the selection, never removed', () => {
    expect(looks({ gpuUtilizationPct: [50, 0], memoryUsedMb: [0, 0] }, 'utilization', 'free')).toMatchObject([
      { shape: Shape.Value, dimmed: true },
      { shape: Shape.Hollow, dimmed: false },
    ]);
    const selected = looksOf({
      ...shown(layout),
      metric: 'utilization',
      stateFilter: '',
      selection: new Set(['h100-1/1']),
      powerTops: powerTops(layout),
    });
    expect([...selected].map((look) => unpacked(look).selected)).toEqual([false, true]);
  });
});

describe('step of a reading', () => {
  const { frame } = shown(layout, { temperatureC: [39, 86], powerDrawW: [100, 400], memoryUsedMb: [10_240, 81_920] });
  const steps = (metric: Metric) => [0, 1].map((at) => stepOf(metric, layout, frame, powerTops(layout), at));

  it('is of the load ramp in percent, of the heat ramp in degrees', () => {
    expect(steps('temperature')).toEqual([1, 8]);
    expect(steps('memory')).toEqual([2, 8]); // 12.5% and 100% of the board
    expect(steps('power')).toEqual([3, 8]); // 25% and 100% of the limit
  });

  it('takes the size that the frame gives before that of the inventory, and neither for granted', () => {
    const smaller = { ...frame, memoryTotalMb: [20_480, null] };
    expect(stepOf('memory', layout, smaller, powerTops(layout), 0)).toBe(5);
    const bare = fleet({ name: 'x', gpus: 2, memoryMb: null });
    expect(stepOf('memory', bare, frame, powerTops(bare), 0)).toBe(0);
  });

  it('of power falls back on the biggest known limit of the model, then on the top of the charts', () => {
    const mixed = fleet(
      { name: 'a', gpus: 1, powerW: 300 },
      { name: 'b', gpus: 1, powerW: null },
      { name: 'c', gpus: 1, powerW: 700 },
      { name: 'd', gpus: 1, powerW: null, model: 'T4' },
    );
    expect([...powerTops(mixed)]).toEqual([300, 700, 700, 800]);
  });
});
