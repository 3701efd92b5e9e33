import { expect, test } from 'vitest';
import { all, existing, extended, NOTHING, type Selection, toggled } from '../../src/devices/selection';

const ROWS = ['a', 'b', 'c', 'd', 'e'];
const ids = (selection: Selection) => [...selection.ids].sort().join('');

test('a row is selected, and left out again', () => {
  const one = toggled(NOTHING, 'b');
  expect(ids(one)).toBe('b');
  expect(ids(toggled(one, 'b'))).toBe('');
});

test('a range goes from the row before to this one, either way', () => {
  expect(ids(extended(toggled(NOTHING, 'b'), 'd', ROWS))).toBe('bcd');
  expect(ids(extended(toggled(NOTHING, 'd'), 'b', ROWS))).toBe('bcd');
});

test('a range that begins with a row left out leaves out', () => {
  const most = toggled(all(NOTHING, ROWS, true), 'b');
  expect(ids(extended(most, 'd', ROWS))).toBe('ae');
});

test('a range from nowhere is one row', () => {
  expect(ids(extended(NOTHING, 'c', ROWS))).toBe('c');
  expect(ids(extended(toggled(NOTHING, 'gone'), 'c', ROWS))).toBe('cgone');
});

test('all rows of the list are added or left out; the rest of the selection stays', () => {
  const some = toggled(NOTHING, 'z');
  expect(ids(all(some, ROWS, true))).toBe('abcdez');
  expect(ids(all(all(some, ROWS, true), ROWS, false))).toBe('z');
});

test('what is gone from the fleet is not selected; else nothing changes', () => {
  const some = all(NOTHING, ROWS, true);
  expect(ids(existing(some, (id) => id !== 'c'))).toBe('abde');
  expect(existing(some, () => true)).toBe(some);
});
