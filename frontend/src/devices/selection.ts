/** Which rows are selected. Pure. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins: the row that was selected or left out last. */
  readonly anchor: string | null;
}

export const NOTHING: Selection = { ids: new Set(), anchor: null };

/** Selects a row, or leaves it out. */
export function toggled({ ids }: Selection, id: string): Selection {
  const next = new Set(ids);
  if (!next.delete(id)) next.add(id);
  return { ids: next, anchor: id };
}

/** Gives every row from the anchor to `id` what the anchor has. `rows` are the ids of the list in its order. */
export function extended(selection: Selection, id: string, rows: readonly string[]): Selection {
  const { ids, anchor } = selection;
  const from = anchor === null ? -1 : rows.indexOf(anchor);
  const to = rows.indexOf(id);
  if (anchor === null || from < 0 || to < 0) return toggled(selection, id);
  const next = new Set(ids);
  for (const row of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (ids.has(anchor)) next.add(row);
    else next.delete(row);
  }
  return { ids: next, anchor };
}

/** Selects all rows of the list, or none of them. */
export function all({ ids }: Selection, rows: readonly string[], on: boolean): Selection {
  const next = new Set(ids);
  for (const row of rows) {
    if (on) next.add(row);
    else next.delete(row);
  }
  return { ids: next, anchor: null };
}

/** Without those that are gone. */
export function existing(selection: Selection, exists: (id: string) => boolean): Selection {
  const ids = new Set([...selection.ids].filter(exists));
  return ids.size === selection.ids.size ? selection : { ...selection, ids };
}
