/** Which part of a map that is taller than a canvas can be is drawn. Pure. */

export interface Span {
  readonly top: number;
  readonly height: number;
}

/** Up to this height, in px, all of the map is drawn: with three device pixels to one, canvases end at 16,384. */
const WHOLE_UP_TO = 4000;

/** The part to draw while `seen` is on the screen: it stays as it is as long as it covers that. */
export function drawnSpan(total: number, seen: Span, now: Span | null): Span {
  if (total <= WHOLE_UP_TO) return now?.top === 0 && now.height === total ? now : { top: 0, height: total };
  const top = Math.max(0, Math.min(seen.top, total));
  const bottom = Math.max(0, Math.min(seen.top + seen.height, total));
  if (now && now.top <= top && now.top + now.height >= bottom && now.top + now.height <= total) return now;
  const height = Math.min(total, 3 * seen.height, WHOLE_UP_TO);
  return { top: Math.round(Math.max(0, Math.min(top - seen.height, total - height))), height };
}
