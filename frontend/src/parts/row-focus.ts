/** Keeps the focus with its row: rows of a table are filled anew in place when the order changes. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

type Host = ReactiveControllerHost & { readonly renderRoot: HTMLElement | DocumentFragment };

/** Rows are `tr[data-id]`; what can have the focus in them is a link, button or checkbox. */
export class RowFocus implements ReactiveController {
  /** The row that has the focus before an update, and which of its controls. */
  #before: { readonly id: string; readonly control: number } | null = null;

  constructor(private readonly host: Host) {
    host.addController(this);
  }

  hostUpdate(): void {
    const active = this.#active();
    const row = active?.closest('tr[data-id]');
    const id = row?.getAttribute('data-id');
    this.#before = active && row && id ? { id, control: controlsOf(row).indexOf(active) } : null;
  }

  hostUpdated(): void {
    if (!this.#before) return;
    const { id, control } = this.#before;
    const active = this.#active();
    if (active?.closest('tr[data-id]')?.getAttribute('data-id') === id) return;
    const row = this.host.renderRoot.querySelector(`tr[data-id="${CSS.escape(id)}"]`);
    const target = row ? controlsOf(row)[control] : null;
    if (target) target.focus({ preventScroll: true });
    else active?.blur(); // the row is not drawn: no other row may be acted on in its place
  }

  #active(): HTMLElement | null {
    const { renderRoot } = this.host;
    const active = renderRoot instanceof ShadowRoot ? renderRoot.activeElement : null;
    return active instanceof HTMLElement ? active : null;
  }
}

function controlsOf(row: Element): HTMLElement[] {
  return [...row.querySelectorAll<HTMLElement>('a, button, input')];
}
