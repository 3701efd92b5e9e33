import { expect, test } from 'vitest';
import { sparkPath } from '../../src/parts/spark-line';

test('a line has gaps where values are unknown', () => {
  expect(sparkPath([0, 50, Number.NaN, 100], 90, 20, [0, 100], 4)).toBe('M0.0 19.0L30.0 10.0M90.0 1.0');
});

test('a line that has just begun stands at the right', () => {
  expect(sparkPath([0, 100], 90, 20, [0, 100], 4)).toBe('M60.0 19.0L90.0 1.0');
});

test('there is none of a single value, or of none', () => {
  expect(sparkPath([5], 90, 20, null, 4)).toBe('');
  expect(sparkPath([Number.NaN, Number.NaN], 90, 20, null, 4)).toBe('');
});
