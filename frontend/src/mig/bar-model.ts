/** A partitioned GPU as its bar draws it. Pure but for the language. */

import type { MigBoard, MigInstance } from '../data/mig';
import { type Geometry, keyOf, type Placement, profileNamed } from './geometry';
import { t } from './mig.text';

/** An instance in the bar. */
export interface BarItem {
  readonly key: string;
  readonly placement: Placement;
  readonly compute: number;
  /** Which of the series colours its profile has, 1 to 8. */
  readonly series: number;
  /** Who has it, in words. */
  readonly words: string;
  /** What becomes of it, at the right; '' for nothing. */
  readonly note: string;
  readonly state: MigInstance['instanceStatus'];
  readonly kind: 'held' | 'idle' | 'new';
}

/** A place in the lane below: where something could be, or would be. */
export interface BarGhost {
  readonly placement: Placement;
  readonly kind: 'free' | 'legal' | 'illegal' | 'move';
  readonly text: string;
}

const SERIES = 8;

/** What fits on a GPU in MIG mode. */
export function geometryOf({ memorySlices, computeSlices, migPlaces }: MigBoard): Geometry {
  return {
    memorySlices: memorySlices ?? 8,
    computeSlices: computeSlices ?? 7,
    profiles: migPlaces.map(({ profile }) => profile),
  };
}

/** 8 × 10 GB; '' where no profile says. */
export function sliceWords({ memorySlices, profiles }: Geometry): string {
  const one = profiles.find((profile) => profile.memorySlices === 1);
  return one ? `${memorySlices} × ${one.memoryGb} GB` : '';
}

export function seriesOf(geometry: Geometry, profileName: string): number {
  const at = geometry.profiles.findIndex((each) => each.profileName === profileName);
  return 1 + (at < 0 ? SERIES - 1 : at % SERIES);
}

/** The instances that a GPU has now, by start. */
export function itemsNow(board: MigBoard, geometry: Geometry): readonly BarItem[] {
  return board.migInstances.map((instance) => ({
    ...base(geometry, instance),
    words: holderOf(instance),
    note: '',
    state: instance.instanceStatus,
    kind: instance.allocated ? 'held' : 'idle',
  }));
}

/** The instances that it shall have: those that stay as they are, those to be made as new. */
export function itemsAfter(
  board: MigBoard,
  geometry: Geometry,
  layout: readonly Placement[],
  noteOf: (placement: Placement, instance: MigInstance | null) => string,
): readonly BarItem[] {
  const now = new Map(board.migInstances.map((instance) => [keyOf(instance), instance]));
  return layout.map((placement) => {
    const instance = now.get(keyOf(placement)) ?? null;
    return {
      ...base(geometry, placement),
      words: instance ? holderOf(instance) : t('new'),
      note: noteOf(placement, instance),
      state: instance?.instanceStatus ?? 'READY',
      kind: instance === null ? 'new' : instance.allocated ? 'held' : 'idle',
    };
  });
}

function base(geometry: Geometry, placement: Placement) {
  const { profileName, placementStart, placementSize } = placement;
  return {
    key: keyOf(placement),
    placement: { profileName, placementStart, placementSize },
    compute: profileNamed(geometry, profileName)?.computeSlices ?? 0,
    series: seriesOf(geometry, profileName),
  };
}

/** vision-lab / nb-hweber; the user where there is no pod; that it is idle, or held by somebody. */
export function holderOf({ allocated, allocation }: Pick<MigInstance, 'allocated' | 'allocation'>): string {
  if (!allocation) return t(allocated ? 'held' : 'idle');
  return allocationName(allocation);
}

export function allocationName({
  namespace,
  podName,
  userId,
}: {
  readonly namespace: string | null;
  readonly podName: string | null;
  readonly userId: string;
}): string {
  const name = podName ?? userId;
  return namespace === null ? name : `${namespace} / ${name}`;
}

/** Which instance has each compute slice, from the left; null: free. */
export function ticksOf({ computeSlices }: Geometry, items: readonly BarItem[]): readonly (BarItem | null)[] {
  const held = items.flatMap((item) => new Array<BarItem>(item.compute).fill(item));
  return Array.from({ length: computeSlices }, (_, at) => held[at] ?? null);
}

/** Every place that is free now, one profile after the other; of profiles of the same shape only the first. */
export function freeGhosts(board: MigBoard): readonly BarGhost[] {
  const seen = new Set<string>();
  return board.migPlaces.flatMap(({ profile, starts }) => {
    const shape = [profile.computeSlices, profile.memorySlices, ...profile.starts].join();
    if (seen.has(shape)) return [];
    seen.add(shape);
    return starts.map((placementStart): BarGhost => {
      const { profileName, memorySlices: placementSize } = profile;
      const placement = { profileName, placementStart, placementSize };
      return { placement, kind: 'free', text: placeText(placement) };
    });
  });
}

/** 1g.10gb at 6 */
export function placeText({ profileName, placementStart }: Pick<Placement, 'profileName' | 'placementStart'>): string {
  return t('at', { profile: profileName, start: placementStart });
}

/** In which lane each ghost lies: the first in which it covers no other. */
export function lanesOf(ghosts: readonly BarGhost[]): readonly number[] {
  const filled: Placement[][] = [];
  return ghosts.map(({ placement }) => {
    const { placementStart: start, placementSize: size } = placement;
    const fits = (lane: readonly Placement[]) =>
      lane.every((one) => start + size <= one.placementStart || one.placementStart + one.placementSize <= start);
    const at = filled.findIndex(fits);
    if (at >= 0) filled[at]?.push(placement);
    else filled.push([placement]);
    return at >= 0 ? at : filled.length - 1;
  });
}
