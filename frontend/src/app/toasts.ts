/** Short messages that go by themselves: what was done, with the way back while there is one. */

import { Store } from '../base/store';

export interface Toast {
  readonly id: number;
  readonly kind: 'ok' | 'error';
  readonly text: string;
  /** What can still be done about it, until the message goes. */
  readonly action: { readonly label: string; readonly run: () => void } | null;
  /** When it goes, as `performance.now()`. */
  readonly until: number;
}

const SHOWN_MAX = 4;

export class Toasts {
  readonly shown = new Store<readonly Toast[]>([]);
  #next = 1;

  /** Shows a message for so many seconds. */
  add(toast: Pick<Toast, 'kind' | 'text' | 'action'>, seconds = 8): number {
    const id = this.#next++;
    const until = performance.now() + seconds * 1000;
    this.shown.value = [...this.shown.value, { ...toast, id, until }].slice(-SHOWN_MAX);
    setTimeout(() => this.remove(id), seconds * 1000);
    return id;
  }

  remove(id: number): void {
    this.shown.value = this.shown.value.filter((toast) => toast.id !== id);
  }
}
