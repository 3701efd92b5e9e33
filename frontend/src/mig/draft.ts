/** What somebody plans for the GPUs of a node, step by step, with the way back. Pure. */

import { type Geometry, keyOf, type Move, type Obstacle, obstacleOf, type Placement, sameLayout } from './geometry';

/** What is planned for one GPU. */
export interface Plan {
  /** The whole layout it shall have. */
  readonly layout: readonly Placement[];
  /** What was dropped where it does not fit; null: nothing. */
  readonly dropped: Placement | null;
}

/** Everything that is planned at one moment. */
export interface Draft {
  /** By the id of the GPU; GPUs that stay as they are are not in it. */
  readonly plans: ReadonlyMap<string, Plan>;
  /** Allocations that may be released for it. */
  readonly released: ReadonlySet<string>;
}

/** A draft with the steps before it and those that were taken back. */
export interface Steps {
  readonly now: Draft;
  readonly past: readonly Draft[];
  readonly future: readonly Draft[];
}

/** The GPU a step is about, as it is now. */
export interface Board {
  readonly id: string;
  readonly geometry: Geometry;
  /** The layout that it has. */
  readonly layout: readonly Placement[];
}

const NOTHING: Draft = { plans: new Map(), released: new Set() };

export const START: Steps = { now: NOTHING, past: [], future: [] };

const STEPS_KEPT = 100;

/** The layout a GPU shall have: what is planned, or what it has. */
export function wantedOf({ plans }: Draft, board: Pick<Board, 'id' | 'layout'>): readonly Placement[] {
  return plans.get(board.id)?.layout ?? board.layout;
}

/** Puts one more instance there; where it does not fit, it is kept as dropped. */
export function add(steps: Steps, board: Board, placement: Placement): Steps {
  const layout = wantedOf(steps.now, board);
  if (obstacleOf(board.geometry, layout, placement)) return planned(steps, board, { layout, dropped: placement });
  return planned(steps, board, { layout: [...layout, placement], dropped: null });
}

export function remove(steps: Steps, board: Board, placement: Placement): Steps {
  const layout = wantedOf(steps.now, board).filter((each) => keyOf(each) !== keyOf(placement));
  return planned(steps, board, { layout, dropped: null });
}

/** Puts an instance to another start of its GPU; the same steps where that does not fit. */
export function move(steps: Steps, board: Board, placement: Placement, to: number): Steps {
  const others = wantedOf(steps.now, board).filter((each) => keyOf(each) !== keyOf(placement));
  const moved = { ...placement, placementStart: to };
  if (to === placement.placementStart || obstacleOf(board.geometry, others, moved)) return steps;
  return planned(steps, board, { layout: [...others, moved], dropped: null });
}

/** Makes room for what was dropped, as one step. */
export function fix(steps: Steps, board: Board, { placement, blockers }: Obstacle, moves: readonly Move[]): Steps {
  const kept = wantedOf(steps.now, board).filter((each) => !blockers.includes(each));
  const moved = moves.map(({ placement: each, to }) => ({ ...each, placementStart: to }));
  return planned(steps, board, { layout: [...kept, ...moved, placement], dropped: null });
}

/** Plans a whole layout for a GPU. */
export function replace(steps: Steps, board: Board, layout: readonly Placement[]): Steps {
  return planned(steps, board, { layout, dropped: null });
}

/** Plans whole layouts for several GPUs, as one step. */
export function replaceAll(steps: Steps, layouts: readonly (readonly [Board, readonly Placement[]])[]): Steps {
  const { now } = layouts.reduce((after, [board, layout]) => replace(after, board, layout), steps);
  return stepped(steps, now);
}

/** The GPU stays as it is. */
export function reset(steps: Steps, board: Board): Steps {
  return planned(steps, board, { layout: board.layout, dropped: null });
}

/** Says of an allocation that it may, or may not, be released. */
export function release(steps: Steps, allocationId: string, may: boolean): Steps {
  const released = new Set(steps.now.released);
  if (may) released.add(allocationId);
  else released.delete(allocationId);
  return stepped(steps, { ...steps.now, released });
}

/** Everything stays as it is. */
export function discard(steps: Steps): Steps {
  return isEmpty(steps.now) ? steps : stepped(steps, NOTHING);
}

export function undo({ now, past, future }: Steps): Steps {
  const before = past.at(-1);
  return before ? { now: before, past: past.slice(0, -1), future: [now, ...future] } : { now, past, future };
}

export function redo({ now, past, future }: Steps): Steps {
  const [after, ...later] = future;
  return after ? { now: after, past: [...past, now], future: later } : { now, past, future };
}

/** After GPUs were changed: what was planned for them is so, or no longer wanted, and cannot be taken back here. */
export function settled({ now }: Steps, deviceIds: ReadonlySet<string>): Steps {
  const plans = new Map([...now.plans].filter(([id]) => !deviceIds.has(id)));
  return { now: plans.size ? { ...now, plans } : NOTHING, past: [], future: [] };
}

export function isEmpty({ plans }: Draft): boolean {
  return plans.size === 0;
}

function planned(steps: Steps, board: Board, plan: Plan): Steps {
  const plans = new Map(steps.now.plans);
  if (plan.dropped === null && sameLayout(plan.layout, board.layout)) plans.delete(board.id);
  else plans.set(board.id, { ...plan, layout: inOrder(plan.layout) });
  return stepped(steps, { ...steps.now, plans });
}

function stepped({ now, past }: Steps, after: Draft): Steps {
  return { now: after, past: [...past, now].slice(-STEPS_KEPT), future: [] };
}

function inOrder(layout: readonly Placement[]): readonly Placement[] {
  return [...layout].sort((a, b) => a.placementStart - b.placementStart);
}
