/** The colours of the map as a canvas takes them. */

import { coloursOf } from '../../parts/palette';
import type { Ramp } from './palette';

const TOKENS = ['bg', 't1', 't3', 'acc', 'idle', 'critmark', 'critbg', 'cellline', 'cellhatch'] as const;

export type Token = (typeof TOKENS)[number];

export interface Colours extends Readonly<Record<Token, string>> {
  /** Steps 1 to 8, at index 1 to 8. */
  readonly ramps: Readonly<Record<Ramp, readonly string[]>>;
}

const STEPS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const RAMP_TOKENS = STEPS.flatMap((step) => [`load-${step}`, `heat-${step}`] as const);

/** The colours of now, as they compute in this root. */
export function coloursIn(root: ParentNode): Colours {
  const colours = coloursOf(root, [...TOKENS, ...RAMP_TOKENS]);
  const ramp = (name: Ramp) => [colours.bg, ...STEPS.map((step) => colours[`${name}-${step}`])];
  return { ...colours, ramps: { load: ramp('load'), heat: ramp('heat') } };
}
