import { expect, it } from 'vitest';
import type { FleetPoint } from '../../src/data/history';
import { trendOf } from '../../src/overview/trend';

const points = (seconds: readonly number[], value: (second: number) => number | null = (second) => second) =>
  seconds.map((second) => ({ at: second * 1000, powerW: value(second) }) as FleetPoint);
const upTo = (seconds: number, every = 1) => Array.from({ length: seconds / every + 1 }, (_, at) => at * every);
const read = ({ powerW }: FleetPoint) => powerW;

it('is nothing before there is a line to draw', () => {
  expect(trendOf([], read)).toBeNull();
  expect(trendOf(points(upTo(9)), read)).toBeNull();
});

it('covers exactly what was seen', () => {
  expect(trendOf(points(upTo(90)), read)?.spanMs).toBe(90_000);
});

it('is of means over equal stretches, a few at most', () => {
  const trend = trendOf(points(upTo(3599)), read);
  expect(trend?.values.length).toBeLessThanOrEqual(61);
  expect(trend?.values[0]).toBe(31.5); // of the seconds 0 to 63
});

it('has the same points when the line moves on', () => {
  const before = trendOf(points(upTo(100)), read);
  const after = trendOf(points(upTo(110)), read);
  expect(after?.values.slice(0, 20)).toEqual(before?.values.slice(0, 20));
});

it('has no holes where ticks are rare or uneven', () => {
  expect(trendOf(points(upTo(300, 5)), read)?.values.every(Number.isFinite)).toBe(true);
  expect(trendOf(points([0, 1.1, 1.9, 3.05, 4, 5.2, 5.9, 7, 8, 9.1, 10]), read)?.values.every(Number.isFinite)).toBe(
    true,
  );
});

it('has a hole where nothing was known or seen', () => {
  const unknown = trendOf(
    points(upTo(40), (second) => (second >= 10 && second < 20 ? null : 1)),
    read,
  );
  expect(unknown?.values.some(Number.isNaN)).toBe(true);
  const unseen = trendOf(points([...upTo(20), 60, 61, 62]), read);
  expect(unseen?.values.some(Number.isNaN)).toBe(true);
});
