/** The profiles of a part with eight memory slices, as the server tells them. */

import type { Geometry, Placement, Profile } from '../../src/mig/geometry';

const profile = (name: string, compute: number, memory: number, most: number, starts: readonly number[]): Profile => ({
  profileName: name,
  computeSlices: compute,
  memorySlices: memory,
  memoryGb: 10 * memory,
  maxInstancesPerGpu: most,
  starts,
});

export const A100: Geometry = {
  memorySlices: 8,
  computeSlices: 7,
  profiles: [
    profile('1g.10gb', 1, 1, 7, [0, 1, 2, 3, 4, 5, 6]),
    profile('1g.10gb+me', 1, 1, 1, [0, 1, 2, 3, 4, 5, 6]),
    profile('1g.20gb', 1, 2, 4, [0, 2, 4, 6]),
    profile('2g.20gb', 2, 2, 3, [0, 2, 4]),
    profile('3g.40gb', 3, 4, 2, [0, 4]),
    profile('4g.40gb', 4, 4, 1, [0]),
    profile('7g.80gb', 7, 8, 1, [0]),
  ],
};

/** `at('3g.40gb', 4)` */
export function at(profileName: string, placementStart: number): Placement {
  const known = A100.profiles.find((each) => each.profileName === profileName);
  return { profileName, placementStart, placementSize: known?.memorySlices ?? 1 };
}

export function named(profileName: string): Profile {
  const found = A100.profiles.find((each) => each.profileName === profileName);
  if (!found) throw new Error(profileName);
  return found;
}
