/** Work that is done once per frame, however often what is shown of it is drawn. */

import type { Known } from '../data/fleet';

/** What the work may look at: what does not change while a frame is shown. */
export type Shown = Pick<Known, 'layout' | 'frame' | 'exceptions'>;

export function perFrame<T>(work: (shown: Shown) => T): (shown: Shown) => T {
  let last: { shown: Shown; result: T } | null = null;
  return ({ layout, frame, exceptions }) => {
    const { shown } = last ?? {};
    if (last && shown?.frame === frame && shown.layout === layout && shown.exceptions === exceptions) {
      return last.result;
    }
    last = { shown: { layout, frame, exceptions }, result: work({ layout, frame, exceptions }) };
    return last.result;
  };
}
