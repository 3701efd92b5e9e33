/** Which row of a list the keyboard is on. Its link has the focus: Enter opens it as any link. */

import type { ReactiveControllerHost } from 'lit';

interface Rows {
  readonly count: () => number;
  readonly idAt: (row: number) => string | null;
  /** The row of an id; -1: not in the list. */
  readonly rowOf: (id: string) => number;
  readonly reveal: (row: number) => void;
  /** The link of the current row, once it is drawn. */
  readonly link: () => HTMLElement | null | undefined;
}

export class ListCursor {
  id: string | null = null;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly rows: Rows,
  ) {}

  /** Whether Tab reaches the row: the current one, else the first. */
  isStop(id: string, row: number): boolean {
    return this.id === null ? row === 0 : id === this.id;
  }

  /** The row that has been given the focus. */
  set(id: string | null): void {
    if (id === this.id) return;
    this.id = id;
    this.host.requestUpdate();
  }

  /** Moves by so many rows; from nowhere, to the first. */
  move(by: number): void {
    const at = this.id === null ? -1 : this.rows.rowOf(this.id);
    this.#to(at < 0 ? 0 : at + by);
  }

  #to(wanted: number): void {
    const count = this.rows.count();
    if (count === 0) return;
    const row = Math.min(count - 1, Math.max(0, wanted));
    this.set(this.rows.idAt(row));
    this.rows.reveal(row);
    void this.host.updateComplete.then(() => this.rows.link()?.focus({ preventScroll: true }));
  }
}

/** How far a key moves the cursor; null: it is no such key. */
export function stepOf(event: KeyboardEvent): number | null {
  switch (event.key) {
    case 'j':
    case 'J':
    case 'ArrowDown':
      return 1;
    case 'k':
    case 'K':
    case 'ArrowUp':
      return -1;
    default:
      return null;
  }
}

/** Whether a click was for a control in the row, or selected text: then it does not open the row. */
export function isForControl(event: MouseEvent): boolean {
  if (getSelection()?.type === 'Range') return true;
  return event
    .composedPath()
    .some((target) => target instanceof HTMLElement && target.matches('a, button, input, label'));
}
