/** The GPUs that are chosen, by device id. Pure. */

import type { Layout } from '../../data/types';

export type Selection = ReadonlySet<string>;

export const NOTHING: Selection = new Set();

export function toggled(selection: Selection, id: string): Selection {
  const next = new Set(selection);
  if (!next.delete(id)) next.add(id);
  return next;
}

export function joined(selection: Selection, ids: Iterable<string>): Selection {
  return new Set([...selection, ...ids]);
}

/** Without what the fleet no longer has; the same set where that changes nothing. */
export function kept(selection: Selection, layout: Layout): Selection {
  const next = [...selection].filter((id) => layout.at.has(id));
  return next.length === selection.size ? selection : new Set(next);
}
