/** What the address of a list says: its order, its columns, the values of a filter. Pure. */

export interface Sort<C extends string> {
  readonly column: C;
  readonly descending: boolean;
}

/** `-utilization` as a sort; the standard one where it names no column. */
export function sortOf<C extends string>(text: string | undefined, columns: readonly C[], standard: Sort<C>): Sort<C> {
  const descending = text?.startsWith('-') ?? false;
  const name = descending ? text?.slice(1) : text;
  const column = columns.find((known) => known === name);
  return column === undefined ? standard : { column, descending };
}

/** The opposite of `sortOf`: '' for the standard one. */
export function sortText<C extends string>(sort: Sort<C>, standard: Sort<C>): string {
  if (sort.column === standard.column && sort.descending === standard.descending) return '';
  return `${sort.descending ? '-' : ''}${sort.column}`;
}

/** What a click on a column head does: the first way, then the other way round, then the standard order again. */
export function nextSort<C extends string>(
  sort: Sort<C>,
  column: C,
  startsDescending: boolean,
  standard: Sort<C>,
): Sort<C> {
  if (sort.column !== column) return { column, descending: startsDescending };
  if (sort.descending === startsDescending) return { column, descending: !startsDescending };
  return standard;
}

/** Positions in the order of their keys; unknown ones (NaN) come last either way, equal ones stay as they were. */
export function sortedBy(positions: readonly number[], keys: Float64Array, descending: boolean): number[] {
  const of = (at: number): number => keys[at] ?? Number.NaN;
  const sign = descending ? -1 : 1;
  const unknown = positions.filter((at) => Number.isNaN(of(at)));
  const known = positions.filter((at) => !Number.isNaN(of(at)));
  return [...known.sort((a, b) => sign * (of(a) - of(b)) || a - b), ...unknown];
}

const NATURAL = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Keys that sort texts as people do: h100-2 before h100-10. An empty text is unknown. */
export function textKeys(texts: readonly string[]): Float64Array {
  const ranks = new Map([...new Set(texts)].sort(NATURAL.compare).map((text, rank) => [text, rank]));
  return Float64Array.from(texts, (text) => (text === '' ? Number.NaN : (ranks.get(text) ?? Number.NaN)));
}

/** Several values in one parameter: `use,held`. A comma in a value is written %2C. */
export function valuesOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').flatMap((value) => (value === '' ? [] : [value.replaceAll('%2C', ',')]));
}

/** The opposite of `valuesOf`. */
export function valuesText(values: readonly string[]): string {
  return values.map((value) => value.replaceAll(',', '%2C')).join(',');
}

/** The columns an address asks for, in the order of the table; the standard ones where it asks for none. */
export function columnsOf<C extends string>(
  text: string | undefined,
  all: readonly C[],
  standard: readonly C[],
): readonly C[] {
  const asked = new Set(valuesOf(text));
  const chosen = all.filter((column) => asked.has(column));
  return chosen.length ? chosen : standard;
}

/** The opposite of `columnsOf`: '' for the standard ones. */
export function columnsText<C extends string>(chosen: readonly C[], standard: readonly C[]): string {
  const same = chosen.length === standard.length && standard.every((column) => chosen.includes(column));
  return same ? '' : valuesText(chosen);
}

/** Whether a text that is in lower case holds every word. */
export function holdsWords(searched: string, words: readonly string[]): boolean {
  return words.every((word) => searched.includes(word));
}

/** The words of what somebody typed, in lower case. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}
