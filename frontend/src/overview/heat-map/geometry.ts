/** Where every cell of the map stands: groups below one another, in each the nodes run down in columns. Pure. */

import type { Group, GroupNode } from './groups';

/** How large the cells of a group are, in px. */
export interface Scale {
  readonly cell: number;
  readonly gap: number;
  /** From one row of cells to the next. */
  readonly row: number;
  readonly columnGap: number;
  /** Room above a cell in its row; where there is some, all of the row belongs to the cell. */
  readonly inset: number;
  /** Whether the names of the nodes stand at the left of the rows. */
  readonly labels: boolean;
}

const WIDE: Scale = { cell: 16, gap: 2, row: 20, columnGap: 8, inset: 0, labels: true };
const MANY: Scale = { cell: 10, gap: 2, row: 13, columnGap: 8, inset: 0, labels: true };
const MOST: Scale = { cell: 5, gap: 1, row: 6, columnGap: 6, inset: 0, labels: false };
const NARROW: Scale = { cell: 7, gap: 1, row: 9, columnGap: 9, inset: 0, labels: false };

const MANY_FROM = 2001;
const MOST_FROM = 6001;

/** Below this width the map is that of a phone. */
const NARROW_PX = 560;

/** On a phone a group that is looked at closely has rows for a finger. */
const ZOOMED_ROW = 44;
const ZOOMED_CELL_MOST = 40;
const ZOOMED_PER_LINE = 8;

const HEAD = 22;
const GROUP_GAP = 14;
const NARROW_HEAD = 44; // it is touched
const NARROW_GROUP_GAP = 0;

/** One group as it is laid out. */
export interface Box {
  readonly group: Group;
  readonly scale: Scale;
  /** Where its head begins, and where its cells do. */
  readonly top: number;
  readonly bodyTop: number;
  readonly bottom: number;
  /** Room for the names of the nodes. */
  readonly labelWidth: number;
  /** From one column of nodes to the next. */
  readonly columnWidth: number;
  readonly nodesPerColumn: number;
  /** Cells side by side; the GPUs of a larger node go on in the next line. */
  readonly perLine: number;
  readonly linesPerNode: number;
}

export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
  readonly boxes: readonly Box[];
  /** By position in the layout: the corner of its cell (NaN: not on the map), and the size of the cell. */
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly size: Uint8Array;
}

/** What is at a point of the map. */
export type Hit =
  | { readonly kind: 'cell'; readonly at: number; readonly box: Box }
  | { readonly kind: 'label'; readonly node: GroupNode; readonly box: Box }
  | { readonly kind: 'space'; readonly box: Box };

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export function isNarrow(width: number): boolean {
  return width < NARROW_PX;
}

export function scaleOf(gpus: number, width: number): Scale {
  if (gpus >= MOST_FROM) return MOST;
  if (isNarrow(width)) return NARROW;
  return gpus >= MANY_FROM ? MANY : WIDE;
}

/** Lays the groups out over a width. `labelWidth` is that of the longest name; `zoomed` the key of the group seen closely. */
export function geometryOf(
  groups: readonly Group[],
  width: number,
  labelWidth: number,
  zoomed: string | null = null,
): Geometry {
  const gpus = groups.reduce((sum, group) => sum + group.cells.length, 0);
  const narrow = isNarrow(width);
  const places = 1 + groups.reduce((most, group) => group.cells.reduce((max, at) => Math.max(max, at), most), -1);
  const x = new Float32Array(places).fill(Number.NaN);
  const y = new Float32Array(places).fill(Number.NaN);
  const size = new Uint8Array(places);
  const boxes: Box[] = [];
  let top = 0;
  for (const group of groups) {
    const isZoomed = narrow && group.key === zoomed;
    const scale = isZoomed ? zoomedScale(group, width, labelWidth) : scaleOf(gpus, width);
    const box = boxOf(group, scale, top, width, labelWidth, isZoomed ? ZOOMED_PER_LINE : group.columns);
    boxes.push(box);
    place(box, x, y, size);
    top = box.bottom + (narrow ? NARROW_GROUP_GAP : GROUP_GAP);
  }
  return { width, height: boxes.at(-1)?.bottom ?? 0, narrow, boxes, x, y, size };
}

function zoomedScale(group: Group, width: number, labelWidth: number): Scale {
  const gap = 2;
  const pitch = Math.floor((width - labelWidth) / Math.min(ZOOMED_PER_LINE, group.columns));
  const cell = Math.min(ZOOMED_CELL_MOST, pitch - gap);
  return { cell, gap, row: ZOOMED_ROW, columnGap: width, inset: Math.floor((ZOOMED_ROW - cell) / 2), labels: true };
}

function boxOf(group: Group, scale: Scale, top: number, width: number, longestLabel: number, perLineMost: number): Box {
  const { cell, gap, row, columnGap, inset } = scale;
  const labelWidth = scale.labels ? longestLabel : 0;
  const fits = Math.max(1, Math.floor((width - labelWidth + gap) / (cell + gap)));
  const perLine = Math.min(group.columns, perLineMost, fits);
  const linesPerNode = Math.ceil(group.columns / perLine);
  const columnWidth = labelWidth + perLine * (cell + gap) - gap + columnGap;
  const columns = Math.max(1, Math.floor((width + columnGap) / columnWidth));
  const nodesPerColumn = Math.max(1, Math.ceil(group.nodes.length / columns));
  const bodyTop = top + (isNarrow(width) ? NARROW_HEAD : HEAD);
  const bottom = bodyTop + nodesPerColumn * linesPerNode * row - (inset ? 0 : row - cell);
  return { group, scale, top, bodyTop, bottom, labelWidth, columnWidth, nodesPerColumn, perLine, linesPerNode };
}

function place(box: Box, x: Float32Array, y: Float32Array, size: Uint8Array): void {
  const { cell, gap, row } = box.scale;
  box.group.nodes.forEach((node, index) => {
    const corner = nodeCorner(box, index);
    node.cells.forEach((at, nth) => {
      const column = node.columns[nth] ?? nth;
      x[at] = corner.x + box.labelWidth + (column % box.perLine) * (cell + gap);
      y[at] = corner.y + Math.floor(column / box.perLine) * row;
      size[at] = cell;
    });
  });
}

/** Where the row of a node begins, at its label and as high as its cells. */
export function nodeCorner(box: Box, index: number): { x: number; y: number } {
  return {
    x: Math.floor(index / box.nodesPerColumn) * box.columnWidth,
    y: box.bodyTop + box.scale.inset + (index % box.nodesPerColumn) * box.linesPerNode * box.scale.row,
  };
}

/** What is at a point. A cell has its gap to the right and below, so that there is no dead line between two. */
export function hitAt(geometry: Geometry, x: number, y: number): Hit | null {
  const box = geometry.boxes.find((each) => y >= each.bodyTop && y < each.bottom);
  if (!box || x < 0) return null;
  const { cell, gap, row, inset } = box.scale;
  const nodeHeight = box.linesPerNode * row;
  const column = Math.floor(x / box.columnWidth);
  const index = column * box.nodesPerColumn + Math.floor((y - box.bodyTop) / nodeHeight);
  const node = box.group.nodes[index];
  const inNode = x - column * box.columnWidth - box.labelWidth;
  if (!node) return { kind: 'space', box };
  if (inNode < 0) return { kind: 'label', node, box };
  const nth = Math.floor(inNode / (cell + gap));
  const inRow = (y - box.bodyTop) % row;
  const isBetween = inset === 0 && inRow >= cell + gap;
  if (nth >= box.perLine || isBetween) return { kind: 'space', box };
  const line = Math.floor(((y - box.bodyTop) % nodeHeight) / row);
  const at = node.cells[node.columns.indexOf(line * box.perLine + nth)];
  return at === undefined ? { kind: 'space', box } : { kind: 'cell', at, box };
}

/** The cells that a rectangle touches. */
export function cellsIn(geometry: Geometry, rect: Rect): number[] {
  const found: number[] = [];
  for (const box of geometry.boxes) {
    if (box.bottom <= rect.top || box.bodyTop >= rect.bottom) continue;
    const { cell } = box.scale;
    for (const at of box.group.cells) {
      const x = geometry.x[at] ?? Number.NaN;
      const y = geometry.y[at] ?? Number.NaN;
      if (x < rect.right && x + cell > rect.left && y < rect.bottom && y + cell > rect.top) found.push(at);
    }
  }
  return found;
}
