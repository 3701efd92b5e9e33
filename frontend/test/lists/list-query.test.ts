import { expect, test } from 'vitest';
import {
  columnsOf,
  columnsText,
  nextSort,
  sortedBy,
  sortOf,
  sortText,
  textKeys,
  valuesOf,
  valuesText,
} from '../../src/parts/list-query';

const COLUMNS = ['node', 'power', 'model'] as const;
type Column = (typeof COLUMNS)[number];
const STANDARD = { column: 'node' as Column, descending: false };

test('a sort is read from an address and written back; what is unknown is the standard one', () => {
  expect(sortOf('-power', COLUMNS, STANDARD)).toEqual({ column: 'power', descending: true });
  expect(sortOf('model', COLUMNS, STANDARD)).toEqual({ column: 'model', descending: false });
  for (const text of [undefined, '', '-', '-nonsense']) expect(sortOf(text, COLUMNS, STANDARD)).toBe(STANDARD);
  expect(sortText({ column: 'power', descending: true }, STANDARD)).toBe('-power');
  expect(sortText({ column: 'node', descending: true }, STANDARD)).toBe('-node');
  expect(sortText(STANDARD, STANDARD)).toBe('');
});

test('a column head sorts one way, then the other, then lets go', () => {
  const first = nextSort<Column>(STANDARD, 'power', true, STANDARD);
  expect(first).toEqual({ column: 'power', descending: true });
  const second = nextSort(first, 'power', true, STANDARD);
  expect(second).toEqual({ column: 'power', descending: false });
  expect(nextSort(second, 'power', true, STANDARD)).toBe(STANDARD);
  expect(nextSort(first, 'model', false, STANDARD)).toEqual({ column: 'model', descending: false });
  const turned = nextSort(STANDARD, 'node', false, STANDARD);
  expect(turned).toEqual({ column: 'node', descending: true });
  expect(nextSort(turned, 'node', false, STANDARD)).toBe(STANDARD);
});

test('unknown values come last both ways, equal ones stay as they were', () => {
  const keys = Float64Array.of(10, Number.NaN, 90, 10, Number.NaN);
  expect(sortedBy([0, 1, 2, 3, 4], keys, true)).toEqual([2, 0, 3, 1, 4]);
  expect(sortedBy([0, 1, 2, 3, 4], keys, false)).toEqual([0, 3, 2, 1, 4]);
});

test('names are sorted as people do', () => {
  const names = ['h100-10', 'h100-2', '', 'A100-1', 'h100-2'];
  expect(sortedBy([0, 1, 2, 3, 4], textKeys(names), false)).toEqual([3, 1, 4, 0, 2]);
});

test('several values stand in one parameter, with their commas', () => {
  const values = ['use', 'a, b', 'c'];
  expect(valuesText(values)).toBe('use,a%2C b,c');
  expect(valuesOf(valuesText(values))).toEqual(values);
  expect(valuesOf(undefined)).toEqual([]);
  expect(valuesOf(',use,')).toEqual(['use']);
});

test('columns are those asked for, in the order of the table', () => {
  expect(columnsOf('model,node,nonsense', COLUMNS, ['node'])).toEqual(['node', 'model']);
  expect(columnsOf('nonsense', COLUMNS, ['node'])).toEqual(['node']);
  expect(columnsText(['model', 'node'], ['node', 'model'])).toBe('');
  expect(columnsText(['node'], ['node', 'model'])).toBe('node');
});
