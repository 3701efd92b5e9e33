/** The head of a column: a click sorts by it. */

import { html, nothing, type TemplateResult } from 'lit';
import { arrowDown, arrowUp } from './icons';
import type { Sort } from './list-query';

interface Head<C extends string> {
  readonly id: C;
  readonly label: string;
  /** Which way the first click sorts; null: not sortable. */
  readonly sorts: 'up' | 'down' | null;
  readonly right: boolean;
}

/** A `th` for the `tableStyles`; `ask` is told which column was clicked. */
export function sortHead<C extends string>(head: Head<C>, sort: Sort<C>, ask: (column: C) => void): TemplateResult {
  const { id, label, sorts, right } = head;
  const active = sorts !== null && sort.column === id;
  const direction = active ? (sort.descending ? 'descending' : 'ascending') : 'none';
  return html`<th class="${id} ${right ? 'right' : ''}" scope="col" aria-sort=${sorts ? direction : nothing}>
    ${
      sorts
        ? html`<button class=${active ? 'active' : ''} @click=${() => ask(id)}>
            ${label}${active ? (sort.descending ? arrowDown : arrowUp) : nothing}
          </button>`
        : label
    }
  </th>`;
}
