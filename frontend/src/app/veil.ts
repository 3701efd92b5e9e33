/** What a reader whose token has run out still sees of the fleet: nothing. Pure. */

import type { Snapshot } from '../data/fleet';
import { NO_EXCEPTIONS } from '../data/exceptions';

export function veiled(snapshot: Snapshot): Snapshot {
  if (snapshot.link.phase !== 'refused') return snapshot;
  return {
    ...snapshot,
    viewer: null,
    clusters: [],
    layout: null,
    frame: null,
    judged: null,
    totals: null,
    gapsMs: [],
    exceptions: NO_EXCEPTIONS,
  };
}
