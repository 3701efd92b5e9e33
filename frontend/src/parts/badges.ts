/** State as glyph, word and colour. */

import { html, type TemplateResult } from 'lit';
import type { DeviceState } from '../data/states';
import type { DeviceStatus } from '../data/types';
import { arrowRight, check, cross, free, hatched, held, inUse, staleClock, wrench } from './icons';
import { stateWord } from './states.text';

const STATUS_BADGES: Readonly<Record<DeviceStatus, { kind: string; glyph: TemplateResult }>> = {
  ACTIVE: { kind: 'ok', glyph: check },
  CORDONED: { kind: '', glyph: hatched },
  DRAINING: { kind: '', glyph: arrowRight },
  MAINTENANCE: { kind: '', glyph: wrench },
  UNHEALTHY: { kind: 'crit', glyph: cross },
  OFFLINE: { kind: 'crit', glyph: staleClock },
  RETIRED: { kind: '', glyph: hatched },
};

/** The badge of a status; needs the `shared` styles. In dense lists show it for exceptions only. */
export function statusBadge(status: DeviceStatus): TemplateResult {
  const { kind, glyph } = STATUS_BADGES[status];
  return html`<span class="badge ${kind}">${glyph}${stateWord(status)}</span>`;
}

/** The glyph of each state in legends and lists. */
export const STATE_GLYPHS: Readonly<Record<DeviceState, TemplateResult>> = {
  use: inUse,
  held,
  free,
  nodata: staleClock,
  out: hatched,
  unhealthy: cross,
};
