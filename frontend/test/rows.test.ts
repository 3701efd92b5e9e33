import { expect, test } from 'vitest';
import { matches, nextSort, type Row, rowsOf, sorted, visibleSpan } from '../src/view/rows';
import { frame, layout } from './fleet-of';

const ids = (rows: readonly Row[]) => rows.map((row) => row.at);

test('unknown values come last in both directions, equal ones stay in fleet order', () => {
  const rows = rowsOf(layout(4), frame(4, { gpuUtilizationPct: [10, null, 90, 10] }), 0);
  expect(ids(sorted(rows, { column: 'utilization', descending: true }))).toEqual([2, 0, 3, 1]);
  expect(ids(sorted(rows, { column: 'utilization', descending: false }))).toEqual([0, 3, 2, 1]);
});

test('memory is sorted by how full it is, not by how much is used', () => {
  const rows = rowsOf(layout(2), frame(2, { memoryUsedMb: [20_000, 10_000], memoryTotalMb: [80_000, 12_000] }), 0);
  expect(ids(sorted(rows, { column: 'memory', descending: true }))).toEqual([1, 0]);
});

test('every word of the filter must be found, wherever', () => {
  const [row] = rowsOf(layout(1), frame(1), 0);
  if (!row) throw new Error('one row');
  expect(matches(row, 'a100 node-a', 'all')).toBe(true);
  expect(matches(row, 'gpu-0a2b', 'all')).toBe(true);
  expect(matches(row, 'a100 node-b', 'all')).toBe(false);
  expect(matches(row, '', 'busy')).toBe(true);
  expect(matches(row, '', 'unhealthy')).toBe(false);
});

test('a retired GPU has no row; the others keep their position in the frame', () => {
  const rows = rowsOf(
    layout(3),
    frame(3, { deviceStatuses: ['RETIRED', 'ACTIVE', 'ACTIVE'], temperatureC: [1, 2, 3] }),
    0,
  );
  expect(rows.map((row) => row.temperatureC)).toEqual([2, 3]);
});

test('a column head starts with the largest number, then turns round, then lets go', () => {
  const first = nextSort({ column: 'position', descending: false }, 'power');
  expect(first).toEqual({ column: 'power', descending: true });
  const second = nextSort(first, 'power');
  expect(second).toEqual({ column: 'power', descending: false });
  expect(nextSort(second, 'power')).toEqual({ column: 'position', descending: false });
  expect(nextSort(first, 'model')).toEqual({ column: 'model', descending: false });
});

test('a long fleet draws only what is near the screen', () => {
  expect(visibleSpan(150, 29, 5000, 800)).toEqual({ first: 0, end: 150 });
  const span = visibleSpan(10_000, 29, 29_000, 870);
  expect(span).toEqual({ first: 988, end: 1042 });
  expect(visibleSpan(10_000, 29, -400, 870).first).toBe(0);
  expect(visibleSpan(10_000, 29, 1e9, 870)).toEqual({ first: 10_000, end: 10_000 });
});
