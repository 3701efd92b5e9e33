import { describe, expect, it } from 'vitest';
import { columnsOf, isolated, nearest, powerTop, ticksOf } from '../../src/parts/live-chart-model';
import { rangeOf, rangeText } from '../../src/parts/live-chart-ranges';

const SPAN = { from: 0, to: 100 };

describe('columns', () => {
  it('break the line in a gap', () => {
    const series = { times: [1, 2, 60, 61], values: [5, 6, 7, 8] };
    expect(columnsOf(series, [{ from: 2, to: 60 }], SPAN)).toEqual([
      [1, 2, 31, 60, 61],
      [5, 6, null, 7, 8],
    ]);
  });

  it('do not break twice where unknown values lie in the gap', () => {
    const series = { times: [1, 5, 60], values: [5, Number.NaN, 7] };
    expect(columnsOf(series, [{ from: 1, to: 60 }], SPAN)[1]).toEqual([5, null, 7]);
  });

  it('hold the axis where there is nothing to draw', () => {
    expect(columnsOf({ times: [], values: [] }, [], SPAN)).toEqual([
      [0, 100],
      [null, null],
    ]);
  });
});

it('a reading without neighbours is a point', () => {
  expect(isolated([1, null, 2, 3, null, null, 4])).toEqual([0, 6]);
});

describe('the grid', () => {
  it('lies on round numbers of the domain', () => {
    expect(ticksOf(0, 100)).toEqual([0, 25, 50, 75, 100]);
    expect(ticksOf(0, 80)).toEqual([0, 20, 40, 60, 80]);
    expect(ticksOf(20, 100)).toEqual([20, 40, 60, 80, 100]);
    expect(ticksOf(0, 141)).toEqual([0, 50, 100]);
  });

  it('leaves room over the power limit, and over what was measured', () => {
    expect(powerTop(700, 300)).toBe(800);
    expect(powerTop(300, 420)).toBe(600);
    expect(powerTop(null, null)).toBe(100);
    expect(powerTop(5600, 2000)).toBe(7000);
  });
});

it('the cursor takes the nearest reading', () => {
  expect(nearest([1, 2, 4], 2.9)).toBe(1);
  expect(nearest([], 3)).toBeNull();
});

it('the range is read from the address and written to it', () => {
  expect(rangeOf(undefined)).toBe('5m');
  expect(rangeOf('1h')).toBe('1h');
  expect(rangeOf('toString')).toBe('5m');
  expect(rangeText('5m')).toBe('');
  expect(rangeText('15m')).toBe('15m');
});
