import { expect, it } from 'vitest';
import {
  freeGhosts,
  geometryOf,
  itemsAfter,
  itemsNow,
  lanesOf,
  seriesOf,
  sliceWords,
  ticksOf,
} from '../../src/mig/bar-model';
import { A100, at, named } from './a100';
import { board, held, instance } from './boards';

const BOARD = board(0, [held(at('3g.40gb', 0), 'jiwoo', 'asr-0'), instance(at('1g.10gb', 4))]);

it('the instances have the words and the colour of their profile', () => {
  const items = itemsNow(BOARD, geometryOf(BOARD));
  expect(items).toMatchObject([
    { words: 'speech / asr-0', kind: 'held', compute: 3, series: 5 },
    { words: 'idle', kind: 'idle', compute: 1, series: 1 },
  ]);
  expect(seriesOf(A100, 'unknown')).toBe(8);
  expect(sliceWords(A100)).toBe('8 × 10 GB');
});

it('who holds what the reader may not see is not named', () => {
  const hidden = board(0, [instance(at('1g.10gb', 0), { allocated: true })]);
  expect(itemsNow(hidden, A100)).toMatchObject([{ words: 'in use', kind: 'held' }]);
});

it('what is to be made is new, what stays is as it is', () => {
  const items = itemsAfter(BOARD, A100, [at('3g.40gb', 0), at('1g.10gb', 5)], (_, there) => (there ? 'stays' : ''));
  expect(items).toMatchObject([
    { kind: 'held', words: 'speech / asr-0', note: 'stays' },
    { kind: 'new', words: 'new', note: '' },
  ]);
});

it('the compute slices are taken from the left', () => {
  const ticks = ticksOf(A100, itemsNow(BOARD, A100));
  expect(ticks.map((tick) => tick?.placement.profileName ?? null)).toEqual([
    ...['3g.40gb', '3g.40gb', '3g.40gb', '1g.10gb'],
    ...[null, null, null],
  ]);
});

it('free places of profiles of one shape are shown once, in as few lanes as they need', () => {
  const place = (profileName: string, starts: readonly number[]) => ({
    profile: { ...named(profileName), memoryMb: null, useCase: null },
    placesNow: starts.length,
    placesFree: starts.length,
    starts,
    whyNot: null,
  });
  const free = board(0, [], {
    migPlaces: [place('1g.10gb', [5, 6]), place('1g.10gb+me', [5, 6]), place('1g.20gb', [6]), place('3g.40gb', [0])],
  });
  const ghosts = freeGhosts(free);
  expect(ghosts.map(({ text }) => text)).toEqual(['1g.10gb at 5', '1g.10gb at 6', '1g.20gb at 6', '3g.40gb at 0']);
  expect(lanesOf(ghosts)).toEqual([0, 0, 1, 0]);
});
