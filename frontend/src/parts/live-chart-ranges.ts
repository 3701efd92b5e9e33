/** How far back the charts of a page look; stands in the address. Pure. */

export const RANGES = { '5m': 300, '15m': 900, '1h': 3600 } as const;

export type Range = keyof typeof RANGES;

/** The range that an address names, the first where it names none. */
export function rangeOf(text: string | undefined): Range {
  return text !== undefined && Object.hasOwn(RANGES, text) ? (text as Range) : '5m';
}

/** How an address names a range; nothing for the first. */
export function rangeText(range: Range): string {
  return range === '5m' ? '' : range;
}
