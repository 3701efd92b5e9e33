/** The colours of the map as a canvas takes them: tokens are `light-dark()` values, which only an element resolves. */

import type { Ramp } from './palette';

const TOKENS = ['bg', 't1', 't3', 'acc', 'idle', 'critmark', 'critbg', 'cellline', 'cellhatch'] as const;

export type Token = (typeof TOKENS)[number];

export interface Colours extends Readonly<Record<Token, string>> {
  /** Steps 1 to 8, at index 1 to 8. */
  readonly ramps: Readonly<Record<Ramp, readonly string[]>>;
}

const STEPS = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;

/** The colours of now, read through a probe in this root. */
export function coloursIn(root: ParentNode): Colours {
  const probe = document.createElement('i');
  root.append(probe);
  const style = getComputedStyle(probe);
  const resolved = (token: string): string => {
    probe.style.color = `var(--${token})`;
    return style.color;
  };
  const tokens = Object.fromEntries(TOKENS.map((token) => [token, resolved(token)])) as Record<Token, string>;
  const ramp = (name: Ramp) => STEPS.map((step) => (step ? resolved(`${name}-${step}`) : tokens.bg));
  const colours = { ...tokens, ramps: { load: ramp('load'), heat: ramp('heat') } };
  probe.remove();
  return colours;
}
