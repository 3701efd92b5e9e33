/** A fleet that is known, as the lists take it. */

import { NO_EXCEPTIONS } from '../../src/data/exceptions';
import type { Known } from '../../src/data/fleet';
import { judge } from '../../src/data/states';
import { totalsOf } from '../../src/data/totals';
import type { Device, Frame } from '../../src/data/types';
import { layoutOf } from '../../src/data/layout';
import { device, frame } from '../fleet-of';

/** Two GPUs on node-a, the rest on node-b; `devices` changes single ones. */
export function known(count: number, frames: Partial<Frame> = {}, devices: readonly Partial<Device>[] = []): Known {
  const layout = layoutOf(
    'v1',
    Array.from({ length: count }, (_, at) => device(at, devices[at])),
  );
  const shown = frame(count, frames);
  const judged = judge(layout, shown, 0);
  return {
    now: 1000,
    sinceMs: 0,
    layout,
    frame: shown,
    judged,
    totals: totalsOf(layout, shown, judged),
    exceptions: NO_EXCEPTIONS,
  } as unknown as Known; // lists read nothing else of it
}
