/** Work that is done once per frame, however often what is shown of it is drawn. */

import type { Known } from '../data/fleet';

/** What the work may look at: what does not change while a frame is shown. */
export type Shown = Pick<Known, 'layout' | 'frame' | 'exceptions' | 'holdingOf'>;

export function perFrame<T>(work: (shown: Shown) => T): (shown: Shown) => T {
  let last: { shown: Shown; result: T } | null = null;
  return ({ layout, frame, exceptions, holdingOf }) => {
    const { shown } = last ?? {};
    if (last && shown?.frame === frame && shown.layout === layout && shown.exceptions === exceptions) {
      return last.result;
    }
    const now = { layout, frame, exceptions, holdingOf };
    last = { shown: now, result: work(now) };
    return last.result;
  };
}
