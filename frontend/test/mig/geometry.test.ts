import { describe, expect, it } from 'vitest';
import { legalStarts, movesFor, obstacleOf, placed, placesNow, sameLayout, spanOf } from '../../src/mig/geometry';
import { A100, at, named } from './a100';

describe('an obstacle', () => {
  it('is none where it fits', () => {
    expect(obstacleOf(A100, [at('3g.40gb', 0)], at('3g.40gb', 4))).toBeNull();
    expect(obstacleOf(A100, [], at('7g.80gb', 0))).toBeNull();
  });

  it.each([
    ['unknown', [], at('5g.50gb', 0), 0],
    ['start', [], at('4g.40gb', 4), 0],
    ['held', [at('3g.40gb', 0)], at('4g.40gb', 0), 1],
    ['held', [at('1g.10gb', 1), at('1g.10gb', 3)], at('3g.40gb', 0), 2],
    ['media', [at('1g.10gb+me', 0)], at('1g.10gb+me', 1), 1],
  ] as const)('%s is told with what is in the way', (kind, layout, placement, blockers) => {
    const found = obstacleOf(A100, layout, placement);
    expect(found?.kind).toBe(kind);
    expect(found?.blockers).toHaveLength(blockers);
  });

  it('is the maximum, or the compute slices, where the memory would do', () => {
    const small = { ...A100, profiles: A100.profiles.map((each) => ({ ...each, maxInstancesPerGpu: 1 })) };
    expect(obstacleOf(small, [at('1g.10gb', 0)], at('1g.10gb', 1))?.kind).toBe('maximum');
    const weak = { ...A100, computeSlices: 4 };
    expect(obstacleOf(weak, [at('3g.40gb', 0)], at('2g.20gb', 4))).toMatchObject({ kind: 'compute', free: 1 });
  });
});

describe('places', () => {
  it('are the starts that fit beside what is there', () => {
    expect(legalStarts(A100, [at('3g.40gb', 0)], named('2g.20gb'))).toEqual([4]);
    expect(legalStarts(A100, [at('1g.10gb', 6)], named('3g.40gb'))).toEqual([0]);
    expect(legalStarts(A100, [at('1g.10gb', 0)], named('4g.40gb'))).toEqual([]);
  });

  it('are counted together, not start by start', () => {
    expect(placesNow(A100, [], named('1g.10gb'))).toBe(7);
    expect(placesNow(A100, [], named('1g.10gb+me'))).toBe(1);
    expect(placesNow(A100, [at('3g.40gb', 0)], named('1g.20gb'))).toBe(2);
    expect(placesNow(A100, [at('3g.40gb', 0), at('1g.10gb', 4), at('1g.10gb', 5)], named('1g.10gb'))).toBe(1);
  });
});

describe('making room', () => {
  const room = (layout: Parameters<typeof movesFor>[1], placement: ReturnType<typeof at>) => {
    const obstacle = obstacleOf(A100, layout, placement);
    if (!obstacle) throw new Error('it fits');
    return movesFor(A100, layout, obstacle);
  };

  it('moves what is in the way to where it may be', () => {
    expect(room([at('3g.40gb', 0)], at('4g.40gb', 0))).toEqual([{ placement: at('3g.40gb', 0), to: 4 }]);
  });

  it('moves several, the largest first', () => {
    const layout = [at('1g.10gb', 0), at('2g.20gb', 2)];
    expect(room(layout, at('4g.40gb', 0))).toEqual([
      { placement: at('2g.20gb', 2), to: 4 },
      { placement: at('1g.10gb', 0), to: 6 },
    ]);
  });

  it('is impossible where the rest is full, or the rule is another', () => {
    expect(room([at('3g.40gb', 0), at('3g.40gb', 4)], at('4g.40gb', 0))).toBeNull();
    expect(room([], at('4g.40gb', 4))).toBeNull();
  });
});

it('a layout is the same in any order', () => {
  expect(sameLayout([at('1g.10gb', 0), at('1g.10gb', 1)], [at('1g.10gb', 1), at('1g.10gb', 0)])).toBe(true);
  expect(sameLayout([at('1g.10gb', 0)], [at('1g.10gb', 1)])).toBe(false);
});

it('slices are written from first to last', () => {
  expect(spanOf(placed(named('3g.40gb'), 4))).toBe('4–7');
  expect(spanOf(placed(named('1g.10gb'), 6))).toBe('6');
});
