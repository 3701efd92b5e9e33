/** How long to wait before the next try to connect. */

const FIRST_MS = 500;
const MOST_MS = 10_000;

/** Doubles with every failure in a row up to ten seconds; `spread` (0 to 1) keeps a thousand pages from coming at once. */
export function retryDelayMs(failures: number, spread: number): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
  return Math.round(full * (0.75 + 0.25 * spread));
}
