/** The GPUs of a node with what is planned for them, as the planner shows it. Pure but for the language. */

import type { DevicePlan, MigBoard, MigCommand, MigNode, MigStop, RoomMove, WantedLayout } from '../data/mig';
import { allocationName, geometryOf } from './bar-model';
import type { Stage } from './carry';
import { type Board, type Draft, type Plan, wantedOf } from './draft';
import { type Checked, isFailed, VALID_MS } from './dry-run';
import {
  computeUsed,
  type Geometry,
  keyOf,
  type Move,
  movesFor,
  type Obstacle,
  obstacleOf,
  type Placement,
  placesNow,
  type Profile,
} from './geometry';

/** One GPU of the planner. */
export interface BoardView {
  readonly board: MigBoard;
  readonly geometry: Geometry;
  /** The layout it has. */
  readonly now: Board;
  /** The layout it shall have. */
  readonly stage: Stage;
  /** null: it stays as it is. */
  readonly plan: Plan | null;
  /** What is in the way of what was dropped; null: nothing was. */
  readonly obstacle: Obstacle | null;
  /** Where that can go; null: nowhere. */
  readonly moves: readonly Move[] | null;
  readonly checked: Checked | null;
  readonly verdict: Verdict;
  /** A change of it that is not finished. */
  readonly open: MigCommand | null;
}

/** Where the plan for a GPU stands. `none`: nothing is planned. */
export type Verdict = 'none' | 'dropped' | 'checking' | 'old' | 'failed' | 'refused' | 'ready';

/** The profiles of a product, by its name: for GPUs that are not in MIG mode, which list none themselves. */
export type Offers = ReadonlyMap<string, readonly Profile[]>;

export function viewsOf(
  node: MigNode,
  draft: Draft,
  offers: Offers,
  checkedOf: (deviceId: string) => Checked | null,
  now: number,
): readonly BoardView[] {
  return node.boards.map((board) => {
    const geometry = geometryOn(board, offers);
    const current = { id: board.id, geometry, layout: standing(board) };
    const plan = draft.plans.get(board.id) ?? null;
    const stage = { ...current, layout: wantedOf(draft, current), partitioned: board.migEnabled === true };
    const dropped = plan?.dropped ?? null;
    const obstacle = dropped === null ? null : obstacleOf(geometry, stage.layout, dropped);
    const checked = checkedOf(board.id);
    return {
      board,
      geometry,
      now: current,
      stage,
      plan,
      obstacle,
      moves: obstacle === null ? null : movesFor(geometry, stage.layout, obstacle),
      checked,
      verdict: verdictOf(plan, checked, now),
      open: board.migCommands.find(isOpen) ?? null,
    };
  });
}

function geometryOn(board: MigBoard, offers: Offers): Geometry {
  const told = geometryOf(board);
  return told.profiles.length ? told : { ...told, profiles: offers.get(board.model.modelName) ?? [] };
}

/** The instances that hold their slices, or will. */
function standing(board: MigBoard): readonly Placement[] {
  return board.migInstances
    .filter(({ instanceStatus }) => instanceStatus !== 'DELETING')
    .map(({ profileName, placementStart, placementSize }) => ({ profileName, placementStart, placementSize }));
}

function verdictOf(plan: Plan | null, checked: Checked | null, now: number): Verdict {
  if (plan === null) return 'none';
  if (plan.dropped !== null) return 'dropped';
  if (checked === null) return 'checking';
  if (isFailed(checked.answer)) return 'failed';
  if (now - checked.at > VALID_MS) return 'old';
  return checked.answer.ready ? 'ready' : 'refused';
}

/** What the server is asked about. What was dropped where it does not fit is told by the page itself. */
export function wantedLayouts({ plans, released }: Draft, boards: readonly MigBoard[]): readonly WantedLayout[] {
  return boards.flatMap(({ id, migInstances, allocations }) => {
    const plan = plans.get(id);
    if (!plan || plan.dropped !== null) return [];
    const holders = [...migInstances.flatMap(({ allocation }) => allocation ?? []), ...allocations];
    const here = new Set(holders.map((allocation) => allocation.id));
    return {
      deviceId: id,
      placements: plan.layout.map(({ profileName, placementStart }) => ({ profileName, placementStart })),
      releaseAllocations: [...released].filter((allocation) => here.has(allocation)),
    };
  });
}

export function isOpen({ status }: MigCommand): boolean {
  return status === 'PENDING' || status === 'SENT';
}

/** The answer to a GPU's plan, where there is one. */
export function answerOf({ checked }: BoardView): DevicePlan | null {
  return checked && !isFailed(checked.answer) ? checked.answer : null;
}

/** How a layout differs: instances that go, that come, that stay. */
export function differences(view: BoardView): { removed: number; added: number; kept: number } {
  const before = new Set(view.now.layout.map(keyOf));
  const kept = view.stage.layout.filter((each) => before.has(keyOf(each))).length;
  return { removed: before.size - kept, added: view.stage.layout.length - kept, kept };
}

/** An instance in use that stops, or would have to, with whether it was said that it may. */
export interface Consent {
  readonly key: string;
  readonly name: string;
  readonly placement: Pick<Placement, 'profileName' | 'placementStart'> | null;
  readonly movesTo: number | null;
  /** null: it cannot be asked for: the reader may not see whose it is. */
  readonly allocationId: string | null;
  readonly released: boolean;
  /** Who else has it; null: the reader. */
  readonly holder: string | null;
}

/** Everything in use that the plan of a GPU stops, or that is in its way. */
export function consentsOf(view: BoardView, released: ReadonlySet<string>, reader: string): readonly Consent[] {
  const answer = answerOf(view);
  if (!answer) return [];
  const stops = [...answer.stops, ...(answer.refusal?.blockers ?? [])];
  const ofStops = stops.map((stop) => consentOf(view.board, stop, released, reader));
  if (stops.length || answer.refusal?.kind !== 'HELD') return ofStops;
  return view.board.allocations.map((allocation) => ({
    key: allocation.id,
    name: allocationName(allocation),
    placement: null,
    movesTo: null,
    allocationId: allocation.id,
    released: released.has(allocation.id),
    holder: allocation.userId === reader ? null : allocation.userId,
  }));
}

function consentOf(board: MigBoard, stop: MigStop, released: ReadonlySet<string>, reader: string): Consent {
  const { migId, allocationId, profileName, placementStart } = stop;
  const instance = board.migInstances.find(({ id }) => id === migId);
  const allocation = instance?.allocation ?? board.allocations.find(({ id }) => id === allocationId) ?? null;
  return {
    key: migId ?? allocationId ?? stop.holder,
    name: allocation ? allocationName(allocation) : stop.holder,
    placement: profileName === null || placementStart === null ? null : { profileName, placementStart },
    movesTo: stop.movesTo,
    allocationId,
    released: allocationId !== null && released.has(allocationId),
    holder: allocation && allocation.userId === reader ? null : stop.holder,
  };
}

/** A profile of the palette with how many more of it fit on the node, as it is planned. */
export interface Offer {
  readonly profile: Profile;
  readonly places: number;
}

/** The profiles of all GPUs that are partitioned or can be, smallest first, each once. */
export function offersOf(views: readonly Pick<BoardView, 'geometry' | 'stage'>[]): readonly Offer[] {
  const byName = new Map<string, Offer>();
  for (const { geometry, stage } of views) {
    for (const profile of geometry.profiles) {
      const before = byName.get(profile.profileName);
      const here = stage.partitioned ? placesNow(geometry, stage.layout, profile) : 0;
      byName.set(profile.profileName, { profile: before?.profile ?? profile, places: (before?.places ?? 0) + here });
    }
  }
  return [...byName.values()];
}

/** How many places of each profile there are before and after, where that differs. */
export function placesChanged(views: readonly BoardView[]): readonly { name: string; before: number; after: number }[] {
  const before = new Map(
    offersOf(views.map(({ geometry, now, stage }) => ({ geometry, stage: { ...stage, ...now } }))).map(
      ({ profile, places }) => [profile.profileName, places],
    ),
  );
  return offersOf(views)
    .map(({ profile, places }) => ({
      name: profile.profileName,
      before: before.get(profile.profileName) ?? 0,
      after: places,
    }))
    .filter(({ before: was, after }) => was !== after);
}

/** Compute slices of what somebody has now. */
export function computeInUse({ board, geometry }: BoardView): number {
  return computeUsed(
    geometry,
    board.migInstances.filter(({ allocated }) => allocated),
  );
}

/** Compute slices that instances hold, now and as planned, and all of them. */
export function computeOf({ geometry, now, stage }: BoardView): { now: number; after: number; all: number } {
  return {
    now: computeUsed(geometry, now.layout),
    after: computeUsed(geometry, stage.layout),
    all: geometry.computeSlices,
  };
}

/** The layout before a change that was made, from the layout now; null: it cannot be had back. */
export function layoutBefore({ geometry, layout }: Board, { steps }: MigCommand): readonly Placement[] | null {
  let before: readonly Placement[] = layout;
  for (const { kind, profileName, placementStart } of [...steps].reverse()) {
    if (profileName === null || placementStart === null) return null;
    const profile = geometry.profiles.find((each) => each.profileName === profileName);
    if (!profile) return null;
    const placement = { profileName, placementStart, placementSize: profile.memorySlices };
    const without = before.filter((each) => keyOf(each) !== keyOf(placement));
    if (kind === 'CREATE_INSTANCE') {
      if (without.length === before.length) return null;
      before = without;
    } else {
      if (obstacleOf(geometry, before, placement)) return null;
      before = [...before, placement];
    }
  }
  return before;
}

/** The layouts of the GPUs that take part in some moves; idle instances make way. null: they fit no longer. */
export function layoutsAfter(
  views: readonly BoardView[],
  moves: readonly RoomMove[],
): readonly (readonly [Board, readonly Placement[]])[] | null {
  const layouts = new Map<BoardView, readonly Placement[]>();
  for (const { profileName, fromDevice, fromStart, toDevice, toStart } of moves) {
    const source = views.find(({ board }) => board.id === fromDevice.id);
    const target = views.find(({ board }) => board.id === toDevice.id);
    const profile = target?.geometry.profiles.find((each) => each.profileName === profileName);
    if (!source || !target || !profile) return null;
    const before = layouts.get(source) ?? source.now.layout;
    const left = before.filter((each) => keyOf(each) !== keyOf({ profileName, placementStart: fromStart }));
    if (left.length === before.length) return null;
    layouts.set(source, left);
    const placement = { profileName, placementStart: toStart, placementSize: profile.memorySlices };
    const there = layouts.get(target) ?? target.now.layout;
    const blockers = obstacleOf(target.geometry, there, placement)?.blockers ?? [];
    const cleared = there.filter((each) => !blockers.includes(each) || isHeld(target, each));
    if (obstacleOf(target.geometry, cleared, placement)) return null;
    layouts.set(target, [...cleared, placement]);
  }
  return [...layouts].map(([view, layout]) => [view.now, layout] as const);
}

function isHeld({ board }: BoardView, placement: Placement): boolean {
  return board.migInstances.some((each) => each.allocated && keyOf(each) === keyOf(placement));
}

/** 0:45, 2:40 */
export function minutesText(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${`${whole % 60}`.padStart(2, '0')}`;
}
