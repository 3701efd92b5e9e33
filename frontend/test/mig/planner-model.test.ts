import { describe, expect, it } from 'vitest';
import type { MigStop, RoomMove } from '../../src/data/mig';
import { add, remove, replace, START, type Steps } from '../../src/mig/draft';
import type { Checked } from '../../src/mig/dry-run';
import {
  computeInUse,
  consentsOf,
  differences,
  layoutBefore,
  layoutsAfter,
  minutesText,
  offersOf,
  placesChanged,
  viewsOf,
  wantedLayouts,
} from '../../src/mig/planner-model';
import { applyQuestion, modeQuestion } from '../../src/mig/planner-questions';
import { fixText, ruleText, stepsText, whyText } from '../../src/mig/planner-words';
import { A100, at } from './a100';
import { answer, board, command, held, instance, node } from './boards';

const HALF = node(board(0, [held(at('3g.40gb', 0), 'jiwoo', 'asr-0'), instance(at('1g.10gb', 4))]), board(1, []));

const checked = (of: Checked['answer'], at = 0): Checked => ({ answer: of, at, question: '' });
const views = (steps: Steps = START, of: Checked | null = null, now = 0, on = HALF) =>
  viewsOf(on, steps.now, new Map(), (id) => (id === 'dev_0' ? of : null), now);
const first = (...given: Parameters<typeof views>) => {
  const [view] = views(...given);
  if (!view) throw new Error('no GPU');
  return view;
};
const without = remove(START, first().now, at('1g.10gb', 4));

describe('the verdict on a GPU', () => {
  it.each([
    ['none', START, null, 0],
    ['dropped', add(START, first().now, at('4g.40gb', 0)), null, 0],
    ['checking', without, null, 0],
    ['ready', without, checked(answer()), 30_000],
    ['old', without, checked(answer()), 30_001],
    ['refused', without, checked(answer({ ready: false })), 0],
    ['failed', without, checked({ failure: null }), 0],
  ] as const)('is %s', (verdict, steps, of, now) => {
    expect(first(steps, of, now).verdict).toBe(verdict);
  });
});

describe('a GPU of the planner', () => {
  it('counts what is in use, what changes, and what fits', () => {
    expect(computeInUse(first())).toBe(3);
    expect(differences(first(without))).toEqual({ removed: 1, added: 0, kept: 1 });
    const places = Object.fromEntries(offersOf(views()).map(({ profile, places: n }) => [profile.profileName, n]));
    expect(places).toMatchObject({ '1g.10gb': 2 + 7, '3g.40gb': 2, '7g.80gb': 1 });
    expect(placesChanged(views(without)).find(({ name }) => name === '3g.40gb')).toEqual({
      name: '3g.40gb',
      before: 2,
      after: 3,
    });
  });

  it('has the profiles of its product where it is not partitioned, and no place', () => {
    const off = node(board(0, [], { migEnabled: false, migPlaces: [] }));
    const offers = new Map([['A100 80GB SXM4', A100.profiles]]);
    const [view] = viewsOf(off, START.now, offers, () => null, 0);
    expect(view?.geometry.profiles).toHaveLength(7);
    expect(offersOf(view ? [view] : []).map(({ places }) => places)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('leaves out what is being deleted', () => {
    const going = node(board(0, [instance(at('1g.10gb', 4), { instanceStatus: 'DELETING' })]));
    expect(first(START, null, 0, going).now.layout).toEqual([]);
  });
});

describe('what the server is asked', () => {
  it('names the holders of that GPU only, and nothing that was dropped', () => {
    const released = new Set(['alloc_asr-0', 'alloc_of_another_gpu']);
    expect(wantedLayouts({ ...without.now, released }, HALF.boards)).toEqual([
      {
        deviceId: 'dev_0',
        placements: [{ profileName: '3g.40gb', placementStart: 0 }],
        releaseAllocations: ['alloc_asr-0'],
      },
    ]);
    expect(wantedLayouts(add(START, first().now, at('4g.40gb', 0)).now, HALF.boards)).toEqual([]);
  });
});

describe('consent', () => {
  const stop: MigStop = {
    migId: 'mig_3g.40gb_0',
    ...at('3g.40gb', 0),
    holder: 'speech/jiwoo',
    allocationId: 'alloc_asr-0',
    namespace: 'speech',
    podName: 'asr-0',
    movesTo: 4,
  };
  const refusal = { kind: 'HELD', message: '', reason: '', rule: '', fix: null, fits: [], blockers: [stop] } as const;

  it('is asked for what is in the way, by the name of the pod', () => {
    const view = first(without, checked(answer({ ready: false, refusal })));
    expect(consentsOf(view, new Set(), 'minseo')).toMatchObject([
      { name: 'speech / asr-0', allocationId: 'alloc_asr-0', released: false, holder: 'speech/jiwoo', movesTo: 4 },
    ]);
  });

  it('was given for what stops; of the reader it needs no typing', () => {
    const view = first(without, checked(answer({ stops: [stop] })));
    const released = new Set(['alloc_asr-0']);
    expect(consentsOf(view, released, 'jiwoo')).toMatchObject([{ released: true, holder: null }]);
    expect(applyQuestion(HALF, [view], released, 'jiwoo').word).toBeNull();
    expect(applyQuestion(HALF, [view], released, 'minseo')).toMatchObject({ word: 'node-a', grave: true });
    expect(applyQuestion(HALF, [view], released, 'minseo').consequence).toBe(
      '1 pod stops: speech / asr-0. It takes about 0:30 min.',
    );
  });

  it('cannot be given where the reader may not see whose it is', () => {
    const hidden = { ...stop, migId: 'mig_other', allocationId: null, holder: 'somebody else' };
    const view = first(without, checked(answer({ ready: false, refusal: { ...refusal, blockers: [hidden] } })));
    expect(consentsOf(view, new Set(), 'minseo')).toMatchObject([{ allocationId: null, holder: 'somebody else' }]);
  });

  it('is asked of who has all of the GPU', () => {
    const whole = {
      id: 'alloc_w',
      namespace: null,
      podName: null,
      userId: 'ann',
      teamId: 'x',
      allocatedResource: null,
    };
    const on = node(board(0, [], { allocations: [whole] }));
    const steps = replace(START, first(START, null, 0, on).now, [at('7g.80gb', 0)]);
    const view = first(steps, checked(answer({ ready: false, refusal: { ...refusal, blockers: [] } })), 0, on);
    expect(consentsOf(view, new Set(), 'minseo')).toMatchObject([{ name: 'ann', allocationId: 'alloc_w' }]);
  });
});

describe('the way back of a change', () => {
  const step = (kind: 'CREATE_INSTANCE' | 'DELETE_INSTANCE', place: ReturnType<typeof at>) => ({ kind, ...place });

  it('is the layout before it', () => {
    const change = command([step('DELETE_INSTANCE', at('3g.40gb', 4)), step('CREATE_INSTANCE', at('1g.10gb', 4))]);
    expect(layoutBefore(first().now, change)).toEqual([at('3g.40gb', 0), at('3g.40gb', 4)]);
    expect(stepsText(change)).toBe('remove 3g.40gb at 4, make 1g.10gb at 4');
  });

  it('is none where what was made is gone, its place taken, or the mode was switched', () => {
    const { now } = first();
    expect(layoutBefore(now, command([step('CREATE_INSTANCE', at('1g.10gb', 6))]))).toBeNull();
    expect(layoutBefore(now, command([step('DELETE_INSTANCE', at('4g.40gb', 0))]))).toBeNull();
    const mode = { kind: 'ENABLE_MIG', profileName: null, placementStart: null, placementSize: null } as const;
    expect(layoutBefore(now, command([mode]))).toBeNull();
    expect(stepsText(command([mode]))).toBe('MIG on');
  });
});

describe('moves that make room', () => {
  const move = (profileName: string, from: [number, number], to: [number, number]): RoomMove => ({
    migId: 'mig_1',
    profileName,
    fromDevice: { id: `dev_${from[0]}` },
    fromStart: from[1],
    toDevice: { id: `dev_${to[0]}` },
    toStart: to[1],
    holder: '',
  });

  it('are layouts of both GPUs; idle instances make way, one that moved moves on', () => {
    const moves = [move('3g.40gb', [0, 0], [0, 4]), move('3g.40gb', [0, 4], [1, 0])];
    const after = layoutsAfter(views(), moves)?.map(([{ id }, layout]) => [id, layout]);
    expect(after).toEqual([
      ['dev_0', []],
      ['dev_1', [at('3g.40gb', 0)]],
    ]);
  });

  it('are none any more where they begin at nothing, or end at what is held', () => {
    expect(layoutsAfter(views(), [move('3g.40gb', [1, 0], [0, 4])])).toBeNull();
    expect(layoutsAfter(views(), [move('1g.10gb', [0, 4], [0, 1])])).toBeNull();
  });
});

describe('the words', () => {
  const obstacle = (placement: ReturnType<typeof at>) => first(add(START, first().now, placement)).obstacle;

  it('tell what is in the way, the rule, and the one step that helps', () => {
    const found = obstacle(at('4g.40gb', 0));
    if (!found) throw new Error('it fits');
    expect(whyText(found, A100)).toBe('4g.40gb needs slices 0–3. 3g.40gb holds 0–3.');
    expect(ruleText(found, A100)).toBe('4g.40gb may start at 0. 3g.40gb may start at 0 or 4.');
    expect(fixText(found, [{ placement: at('3g.40gb', 0), to: 4 }])).toBe('Move 3g.40gb to 4–7');
    expect(fixText(found, null)).toBe('Remove 3g.40gb at 0');
  });

  it('tell a start that is none', () => {
    const found = obstacle({ ...at('4g.40gb', 4) });
    expect(found && whyText(found, A100)).toBe('4g.40gb cannot start at 4.');
    expect(found && fixText(found, null)).toBeNull();
  });

  it('say that an Ampere GPU is reset', () => {
    const [ampere] = HALF.boards;
    if (!ampere) throw new Error('no GPU');
    expect(modeQuestion(HALF, ampere, true).consequence).toContain('resets the board');
    const hopper = { ...ampere, model: { ...ampere.model, architecture: 'Hopper' } };
    expect(modeQuestion(HALF, hopper, true).consequence).toContain('no reset is needed');
  });

  it('write minutes', () => {
    expect([minutesText(45), minutesText(160), minutesText(59.6)]).toEqual(['0:45', '2:40', '1:00']);
  });
});
