/** Dragging a profile or an instance over the GPUs of the planner. */

import { type Carry, over, placementOf, takeUp } from './carry';
import { watchDrag } from './drag';
import type { Placement } from './geometry';
import type { PlannerGpu } from './planner-gpu';
import type { BoardView } from './planner-model';
import type { Session } from './planner-session';

/** So far beside the scale still counts as its end. */
const BESIDE_PX = 40;

export class PlannerDrag {
  #stop: (() => void) | null = null;

  constructor(
    private readonly session: Session,
    private readonly gpus: () => Iterable<PlannerGpu>,
  ) {}

  profile(event: PointerEvent, profileName: string): void {
    this.#watch(event, () => takeUp(this.session.stages, profileName, null));
  }

  instance(event: PointerEvent, deviceId: string, from: Placement): void {
    const { profileName, placementStart: start } = from;
    this.#watch(event, () => ({ profileName, deviceId, start, from }));
  }

  stop(): void {
    this.#stop?.();
  }

  #watch(event: PointerEvent, taken: () => Carry | null): void {
    if (event.button !== 0) return;
    this.#stop?.();
    const { session } = this;
    let hit = false;
    this.#stop = watchDrag(event, {
      begin: () => session.carryTo(taken()),
      over: (x, y) => {
        const { carry } = session;
        const at = this.#at(x, y);
        hit = at !== null && carry !== null && (carry.from === null || at.view.board.id === carry.deviceId);
        if (at && carry && hit) session.carryTo(over(at.view.stage, carry, at.slice));
      },
      end: (kept) => {
        const { carry } = session;
        const stage = session.stages.find(({ id }) => id === carry?.deviceId);
        if (kept && hit && carry && stage) session.drop(stage.id, placementOf(stage, carry));
        session.carryTo(null);
      },
    });
  }

  /** The GPU under the pointer, and where on its scale, in slices; null: none. */
  #at(x: number, y: number): { view: BoardView; slice: number } | null {
    for (const gpu of this.gpus()) {
      const box = gpu.getBoundingClientRect();
      const scale = gpu.stageBar?.scale;
      if (!scale || y < box.top || y > box.bottom) continue;
      if (x < scale.left - BESIDE_PX || x > scale.right + BESIDE_PX) continue;
      const share = Math.min(1, Math.max(0, (x - scale.left) / scale.width));
      return { view: gpu.view, slice: share * gpu.view.geometry.memorySlices };
    }
    return null;
  }
}
