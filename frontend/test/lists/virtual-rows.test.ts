import { expect, test } from 'vitest';
import { nearSpan } from '../../src/parts/virtual-rows';

const ROW = 29;
const SCREEN = 30 * ROW;

test('what is on the screen is drawn, with some rows beside it', () => {
  const { first, end } = nearSpan(10_000, ROW, 1000 * ROW, SCREEN);
  expect(first).toBeGreaterThan(980);
  expect(first).toBeLessThanOrEqual(992);
  expect(end).toBeGreaterThanOrEqual(1038);
  expect(end).toBeLessThan(1050);
});

test('scrolling a row or two draws nothing new', () => {
  const spans = Array.from({ length: 64 }, (_, row) => nearSpan(10_000, ROW, (1000 + row) * ROW, SCREEN));
  expect(new Set(spans.map(({ first }) => first)).size).toBeLessThan(20);
});

test('the span ends where the list does', () => {
  expect(nearSpan(10_000, ROW, -400, SCREEN).first).toBe(0);
  expect(nearSpan(5, ROW, 0, SCREEN)).toEqual({ first: 0, end: 5 });
  expect(nearSpan(10_000, ROW, 1e9, SCREEN)).toEqual({ first: 10_000, end: 10_000 });
  expect(nearSpan(10_000, ROW, -1e9, SCREEN)).toEqual({ first: 0, end: 0 });
});
