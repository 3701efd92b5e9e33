/** GPUs that are held without load, from the newest frame: by whom, and how much memory. Pure, save for `IdleTimes`. */

import type { History } from '../data/history';
import { HELD_MB, staleAfterMs, stateOf, USE_PCT } from '../data/states';
import type { LayoutNode } from '../data/types';
import type { Shown } from './per-frame';

/** The idle GPUs of one node. */
export interface Holder {
  readonly node: LayoutNode;
  readonly modelName: string;
  /** Positions in the layout. */
  readonly positions: readonly number[];
  readonly heldMb: number;
}

export interface Idle {
  /** Those that hold most first. */
  readonly holders: readonly Holder[];
  readonly gpus: number;
  readonly heldMb: number;
}

export function idleOf(shown: Shown): Idle {
  const holders = shown.layout.nodes.flatMap((node) => holderOf(node, shown));
  holders.sort((one, other) => other.heldMb - one.heldMb || one.node.first - other.node.first);
  return {
    holders,
    gpus: holders.reduce((sum, { positions }) => sum + positions.length, 0),
    heldMb: holders.reduce((sum, holder) => sum + holder.heldMb, 0),
  };
}

function holderOf(node: LayoutNode, { layout, frame, holdingOf }: Shown): Holder | [] {
  const staleFrom = staleAfterMs(frame.intervalMs);
  const positions: number[] = [];
  let heldMb = 0;
  for (let at = node.first; at < node.first + node.count; at++) {
    const age = frame.ageMs[at] ?? null;
    const memoryMb = frame.memoryUsedMb[at] ?? null;
    const status = frame.deviceStatuses[at] ?? 'OFFLINE';
    const old = age === null || age > staleFrom;
    const holding = holdingOf(layout.devices[at]?.id ?? '');
    if (stateOf(status, frame.gpuUtilizationPct[at] ?? null, memoryMb, old, holding) !== 'held') continue;
    positions.push(at);
    heldMb += memoryMb ?? 0;
  }
  const modelName = layout.devices[node.first]?.model.modelName ?? '';
  return positions.length ? { node, modelName, positions, heldMb } : [];
}

/** Since when a GPU is idle. */
export interface IdleSince {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether it may have been so before: what was before, this page has not seen. */
  readonly orBefore: boolean;
}

/** Two ticks further apart than this have an unseen stretch between them. */
const UNSEEN_MS = 30_000;

/** How far the history of one GPU shows it idle, back from its newest tick; null: it does not. */
export function idleSince(history: History, position: number): IdleSince | null {
  const { times, values: memory } = history.device(position, 'memory');
  const { values: utilization } = history.device(position, 'utilization');
  let since: number | null = null;
  for (let tick = times.length - 1; tick >= 0; tick--) {
    const time = (times[tick] ?? 0) * 1000;
    const held = (memory[tick] ?? Number.NaN) >= HELD_MB && !((utilization[tick] ?? Number.NaN) >= USE_PCT);
    if (!held) return since === null ? null : { at: since, orBefore: false };
    if (since !== null && since - time > UNSEEN_MS) return { at: since, orBefore: true };
    since = time;
  }
  return since === null ? null : { at: since, orBefore: true };
}

/**
 * Since when GPUs that are asked for at every tick are idle. A history is read once per GPU, for it is long; what it
 * said is kept as long as the GPU is asked for, which is as long as it is idle.
 */
export class IdleTimes {
  #kept = new Map<string, IdleSince>();
  #asked = new Map<string, IdleSince>();
  #now = Number.NaN;

  /** Begins a tick: what was not asked for in the one before is forgotten. */
  begin(now: number): void {
    if (now === this.#now) return;
    const isNext = now > this.#now && now - this.#now <= UNSEEN_MS;
    this.#kept = isNext ? this.#asked : new Map<string, IdleSince>();
    this.#asked = new Map();
    this.#now = now;
  }

  of(id: string, history: History, position: number): IdleSince {
    const since = this.#asked.get(id) ??
      this.#kept.get(id) ??
      idleSince(history, position) ?? { at: this.#now, orBefore: false };
    this.#asked.set(id, since);
    return since;
  }

  /** Since when all of these are idle: since the last of them is. */
  ofAll(gpus: readonly { readonly id: string; readonly position: number }[], history: History): IdleSince | null {
    let last: IdleSince | null = null;
    for (const { id, position } of gpus) {
      const since = this.of(id, history, position);
      if (last === null || since.at > last.at) last = since;
    }
    return last;
  }
}
