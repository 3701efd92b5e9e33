/** Dragging with the pointer: from the first few pixels on, over whatever lies below, until it is let go. */

/** So far the pointer moves before it is a drag and no click. */
const BEGINS_AFTER_PX = 5;

export interface Drag {
  /** It is a drag now. */
  begin(): void;
  /** The pointer is there, in the window. */
  over(x: number, y: number): void;
  /** It was let go there; false: it was given up. */
  end(kept: boolean): void;
}

/** Watches a pointer that was pressed; returns how to give the drag up. */
export function watchDrag(event: PointerEvent, drag: Drag): () => void {
  let dragging = false;
  const { clientX, clientY, pointerId } = event;
  const onMove = (moved: PointerEvent) => {
    if (moved.pointerId !== pointerId) return;
    if (!dragging && Math.hypot(moved.clientX - clientX, moved.clientY - clientY) < BEGINS_AFTER_PX) return;
    if (!dragging) drag.begin();
    dragging = true;
    drag.over(moved.clientX, moved.clientY);
  };
  const onUp = (up: PointerEvent) => {
    if (up.pointerId === pointerId) finish(up.type === 'pointerup');
  };
  const onKey = (key: KeyboardEvent) => {
    if (key.key === 'Escape') finish(false);
  };
  const stop = () => {
    removeEventListener('pointermove', onMove);
    removeEventListener('pointerup', onUp);
    removeEventListener('pointercancel', onUp);
    removeEventListener('keydown', onKey, true);
  };
  const finish = (kept: boolean) => {
    stop();
    if (dragging) drag.end(kept);
  };
  addEventListener('pointermove', onMove);
  addEventListener('pointerup', onUp);
  addEventListener('pointercancel', onUp);
  addEventListener('keydown', onKey, true);
  return () => finish(false);
}
