/** Which instances a GPU can hold together, from what the server tells of its product. Pure. The server has the proof. */

/** What a product offers: where it may start and what it takes. */
export interface Profile {
  readonly profileName: string;
  readonly computeSlices: number;
  readonly memorySlices: number;
  /** The vendor's figure. */
  readonly memoryGb: number;
  readonly maxInstancesPerGpu: number;
  /** Memory slices where an instance may start. */
  readonly starts: readonly number[];
}

/** The slices of a GPU and its profiles, smallest first. */
export interface Geometry {
  readonly memorySlices: number;
  readonly computeSlices: number;
  readonly profiles: readonly Profile[];
}

/** A profile at its memory slices. */
export interface Placement {
  readonly profileName: string;
  readonly placementStart: number;
  readonly placementSize: number;
}

/** Why a placement does not fit beside others, with what is in its way. */
export interface Obstacle {
  readonly kind: 'unknown' | 'start' | 'held' | 'media' | 'maximum' | 'compute';
  readonly placement: Placement;
  readonly blockers: readonly Placement[];
  /** `compute`: slices that are free. */
  readonly free: number;
}

/** One instance goes from one start to another on the same GPU. */
export interface Move {
  readonly placement: Placement;
  readonly to: number;
}

export function profileNamed(geometry: Geometry, name: string): Profile | undefined {
  return geometry.profiles.find(({ profileName }) => profileName === name);
}

export function placed({ profileName, memorySlices }: Profile, placementStart: number): Placement {
  return { profileName, placementStart, placementSize: memorySlices };
}

/** The key of a placement: two of one GPU never have the same. */
export function keyOf({ profileName, placementStart }: Pick<Placement, 'profileName' | 'placementStart'>): string {
  return `${placementStart} ${profileName}`;
}

export function sameLayout(one: readonly Placement[], other: readonly Placement[]): boolean {
  const keys = new Set(one.map(keyOf));
  return one.length === other.length && other.every((each) => keys.has(keyOf(each)));
}

/** Compute slices that are held; a profile that is not known counts none. */
export function computeUsed(geometry: Geometry, layout: readonly Placement[]): number {
  return layout.reduce((sum, { profileName }) => sum + (profileNamed(geometry, profileName)?.computeSlices ?? 0), 0);
}

export function memoryUsed(layout: readonly Placement[]): number {
  return layout.reduce((sum, { placementSize }) => sum + placementSize, 0);
}

/** null: it fits. The rules in the order in which they are told. */
export function obstacleOf(geometry: Geometry, layout: readonly Placement[], placement: Placement): Obstacle | null {
  const profile = profileNamed(geometry, placement.profileName);
  const free = geometry.computeSlices - computeUsed(geometry, layout);
  const because = (kind: Obstacle['kind'], blockers: readonly Placement[] = []) => ({
    kind,
    placement,
    blockers,
    free,
  });
  if (!profile) return because('unknown');
  if (!profile.starts.includes(placement.placementStart)) return because('start');
  const held = layout.filter((other) => overlap(placement, other));
  if (held.length) return because('held', held);
  const media = layout.filter((other) => hasMedia(other.profileName));
  if (hasMedia(profile.profileName) && media.length) return because('media', media);
  const same = layout.filter(({ profileName }) => profileName === profile.profileName);
  if (same.length >= profile.maxInstancesPerGpu) return because('maximum', same);
  return profile.computeSlices > free ? because('compute') : null;
}

/** The starts at which one more of a profile fits. */
export function legalStarts(geometry: Geometry, layout: readonly Placement[], profile: Profile): readonly number[] {
  return profile.starts.filter((start) => obstacleOf(geometry, layout, placed(profile, start)) === null);
}

/** How many more of a profile fit together. All are equally long, so taking the first that fits each time is best. */
export function placesNow(geometry: Geometry, layout: readonly Placement[], profile: Profile): number {
  const filled = [...layout];
  let count = 0;
  for (const start of [...profile.starts].sort((a, b) => a - b)) {
    const placement = placed(profile, start);
    if (obstacleOf(geometry, filled, placement)) continue;
    filled.push(placement);
    count += 1;
  }
  return count;
}

/** Where those in the way of a placement can go while all else stays; null where they cannot. */
export function movesFor(
  geometry: Geometry,
  layout: readonly Placement[],
  { kind, placement, blockers }: Obstacle,
): readonly Move[] | null {
  if (kind !== 'held') return null;
  const rest = layout.filter((each) => !blockers.includes(each));
  if (obstacleOf(geometry, rest, placement)) return null;
  return rehomed(geometry, [...rest, placement], blockers);
}

/** At most seven instances with at most seven starts each: all ways can be tried. */
function rehomed(
  geometry: Geometry,
  layout: readonly Placement[],
  homeless: readonly Placement[],
): readonly Move[] | null {
  const [first, ...others] = [...homeless].sort((a, b) => b.placementSize - a.placementSize);
  if (!first) return [];
  const profile = profileNamed(geometry, first.profileName);
  if (!profile) return null;
  for (const to of legalStarts(geometry, layout, profile)) {
    const after = rehomed(geometry, [...layout, placed(profile, to)], others);
    if (after) return [{ placement: first, to }, ...after];
  }
  return null;
}

/** The slices in words: `0–3`, or `6`. */
export function spanOf({ placementStart: start, placementSize: size }: Placement): string {
  return size === 1 ? `${start}` : `${start}–${start + size - 1}`;
}

function overlap(one: Placement, other: Placement): boolean {
  return (
    one.placementStart < other.placementStart + other.placementSize &&
    other.placementStart < one.placementStart + one.placementSize
  );
}

/** Of all profiles with the media engines a GPU takes one. */
function hasMedia(profileName: string): boolean {
  return profileName.includes('+me');
}
