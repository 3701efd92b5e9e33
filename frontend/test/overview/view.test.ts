import { expect, it } from 'vitest';
import { queryOf, viewOf } from '../../src/overview/view';

it('an address without choices is the map of utilisation by pool', () => {
  expect(viewOf({})).toEqual({ metric: 'utilization', group: 'pool', state: '', table: false });
});

it('an address says what was chosen', () => {
  const view = { metric: 'power', group: 'cluster', state: 'held', table: true } as const;
  expect(viewOf({ metric: 'power', group: 'cluster', state: 'held', view: 'table' })).toEqual(view);
  expect(viewOf(queryOf(view))).toEqual(view);
});

it('what is not known is as if it were not said', () => {
  expect(viewOf({ metric: 'noise', group: 'colour', state: 'use,held', view: '3d' })).toEqual(viewOf({}));
});

it('what is standard is taken out of the address, and only what was asked is touched', () => {
  expect(queryOf({ metric: 'utilization', table: false })).toEqual({ metric: '', view: '' });
  expect(queryOf({ state: 'free' })).toEqual({ state: 'free' });
  expect(queryOf({ state: '' })).toEqual({ state: '' });
});
