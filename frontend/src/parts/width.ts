/** How much room a table has, as its standard columns go by it. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { NARROW } from './shared';

/** `list`: a phone's list instead of a table. */
export type Room = 'list' | 'little' | 'some' | 'all';

const LITTLE = '(max-width: 959px)';
const SOME = '(max-width: 1239px)';

/** Renders its element anew when the window becomes wider or narrower than a step. */
export class WidthRoom implements ReactiveController {
  readonly #steps = [NARROW, LITTLE, SOME].map((query) => matchMedia(query));

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    for (const step of this.#steps) step.addEventListener('change', this.#onChange);
  }

  hostDisconnected(): void {
    for (const step of this.#steps) step.removeEventListener('change', this.#onChange);
  }

  get value(): Room {
    const step = this.#steps.findIndex(({ matches }) => matches);
    return (['list', 'little', 'some'] as const)[step] ?? 'all';
  }

  readonly #onChange = (): void => this.host.requestUpdate();
}
