/** Where the arrow keys lead on the map. Pure. */

import type { Geometry } from './geometry';

/** Cells on one height, from left to right. */
interface Line {
  readonly y: number;
  readonly cells: readonly number[];
  readonly box: number;
}

const known = new WeakMap<Geometry, readonly Line[]>();

/** The cell that a key leads to from another; null where the key leads nowhere. */
export function moved(geometry: Geometry, from: number, key: string): number | null {
  const lines = linesOf(geometry);
  const lineAt = lines.findIndex((line) => line.cells.includes(from));
  const line = lines[lineAt];
  if (!line) return null;
  const nth = line.cells.indexOf(from);
  switch (key) {
    case 'ArrowRight':
      return line.cells[nth + 1] ?? null;
    case 'ArrowLeft':
      return line.cells[nth - 1] ?? null;
    case 'ArrowDown':
      return below(geometry, lines.slice(lineAt + 1), from);
    case 'ArrowUp':
      return below(geometry, lines.slice(0, lineAt).reverse(), from);
    case 'Home':
      return line.cells[0] ?? null;
    case 'End':
      return line.cells.at(-1) ?? null;
    case 'PageDown':
      return lines.find((each) => each.box === line.box + 1)?.cells[0] ?? null;
    case 'PageUp':
      return lines.find((each) => each.box === line.box - 1)?.cells[0] ?? null;
    default:
      return null;
  }
}

/** The cell of the first of these lines that has one right there; else the nearest of the very next line. */
function below(geometry: Geometry, lines: readonly Line[], from: number): number | null {
  const x = geometry.x[from] ?? 0;
  const size = geometry.size[from] ?? 0;
  for (const { cells } of lines) {
    const at = nearest(geometry, cells, x);
    if (at !== null && Math.abs((geometry.x[at] ?? 0) - x) < size) return at;
  }
  return lines[0] ? nearest(geometry, lines[0].cells, x) : null;
}

function nearest(geometry: Geometry, cells: readonly number[], x: number): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const at of cells) {
    const distance = Math.abs((geometry.x[at] ?? 0) - x);
    if (distance < least) [best, least] = [at, distance];
  }
  return best;
}

/** All lines from top to bottom, found once per geometry. */
function linesOf(geometry: Geometry): readonly Line[] {
  const found = known.get(geometry);
  if (found) return found;
  const byY = new Map<number, { y: number; cells: number[]; box: number }>();
  geometry.boxes.forEach((box, at) => {
    for (const cell of box.group.cells) {
      const y = geometry.y[cell] ?? 0;
      const line = byY.get(y);
      if (line) line.cells.push(cell);
      else byY.set(y, { y, cells: [cell], box: at });
    }
  });
  const lines = [...byY.values()].sort((one, other) => one.y - other.y);
  for (const { cells } of lines) cells.sort((one, other) => (geometry.x[one] ?? 0) - (geometry.x[other] ?? 0));
  known.set(geometry, lines);
  return lines;
}
