/** A profile on its way to a place: by keys from start to start, or under the pointer. Pure. */

import type { Board } from './draft';
import {
  keyOf,
  legalStarts,
  type Obstacle,
  obstacleOf,
  placed,
  type Placement,
  type Profile,
  profileNamed,
} from './geometry';

/** What is carried, and where it would be put down. */
export interface Carry {
  readonly profileName: string;
  readonly deviceId: string;
  readonly start: number;
  /** The instance that is moved; null: one more. */
  readonly from: Placement | null;
}

/** A GPU with the layout that is planned for it. */
export interface Stage extends Board {
  /** Whether it is in MIG mode now. */
  readonly partitioned: boolean;
}

/**
 * Takes a profile up: at the first start that fits, on the preferred GPU if there, else on one in MIG mode before the
 * others; null where no GPU has it.
 */
export function takeUp(stages: readonly Stage[], profileName: string, preferred: string | null): Carry | null {
  const having = stages.filter(({ geometry }) => profileNamed(geometry, profileName));
  const rank = ({ id, partitioned }: Stage) => (id === preferred ? 0 : partitioned ? 1 : 2);
  const ordered = [...having].sort((a, b) => rank(a) - rank(b));
  const best = ordered.find((stage) => startsOn(stage, profileName).legal) ?? ordered[0];
  return best ? on(best, profileName) : null;
}

/** The next start of the GPU that fits, or any where none does; up and down to the next GPU that has the profile. */
export function walk(stages: readonly Stage[], carry: Carry, by: 'left' | 'right' | 'up' | 'down'): Carry {
  const having = stages.filter(({ geometry }) => profileNamed(geometry, carry.profileName));
  const at = having.findIndex(({ id }) => id === carry.deviceId);
  if (by === 'up' || by === 'down') {
    const next = having[at + (by === 'up' ? -1 : 1)];
    return next ? on(next, carry.profileName, carry.start) : carry;
  }
  const stage = having[at];
  if (!stage) return carry;
  const { starts } = startsOn(stage, carry.profileName);
  const start =
    by === 'right' ? starts.find((each) => each > carry.start) : starts.findLast((each) => each < carry.start);
  return start === undefined ? carry : { ...carry, start };
}

/** Where it would be put down with its middle over a place of the scale, 0 to the number of slices. */
export function over(stage: Stage, carry: Carry, slice: number): Carry {
  const profile = profileNamed(stage.geometry, carry.profileName);
  if (!profile) return carry;
  const wanted = slice - profile.memorySlices / 2;
  const start = [...profile.starts].sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted))[0];
  return start === undefined ? carry : { ...carry, deviceId: stage.id, start };
}

/** What is in the way where it would be put down; null: nothing. */
export function inTheWay(stage: Stage, carry: Carry): Obstacle | null {
  const { from } = carry;
  const layout = from === null ? stage.layout : stage.layout.filter((each) => keyOf(each) !== keyOf(from));
  return obstacleOf(stage.geometry, layout, placementOf(stage, carry));
}

export function placementOf({ geometry }: Stage, { profileName, start }: Carry): Placement {
  return placed(profileNamed(geometry, profileName) ?? unknown(profileName), start);
}

/** The next start in one direction to which an instance can move; null: none. */
export function nextStart(stage: Stage, placement: Placement, by: -1 | 1): number | null {
  const profile = profileNamed(stage.geometry, placement.profileName);
  if (!profile) return null;
  const others = stage.layout.filter((each) => keyOf(each) !== keyOf(placement));
  const starts = legalStarts(stage.geometry, others, profile);
  const found =
    by === 1
      ? starts.find((start) => start > placement.placementStart)
      : starts.findLast((start) => start < placement.placementStart);
  return found ?? null;
}

function on(stage: Stage, profileName: string, near = 0): Carry {
  const { starts } = startsOn(stage, profileName);
  const start = [...starts].sort((a, b) => Math.abs(a - near) - Math.abs(b - near))[0] ?? 0;
  return { profileName, deviceId: stage.id, start, from: null };
}

function startsOn({ geometry, layout }: Stage, profileName: string): { starts: readonly number[]; legal: boolean } {
  const profile = profileNamed(geometry, profileName) ?? unknown(profileName);
  const legal = legalStarts(geometry, layout, profile);
  return legal.length ? { starts: legal, legal: true } : { starts: profile.starts, legal: false };
}

function unknown(profileName: string): Profile {
  return { profileName, computeSlices: 0, memorySlices: 1, memoryGb: 0, maxInstancesPerGpu: 0, starts: [] };
}
