/** What lies over the canvas of the map: heads of groups, rings, the cell of the screen reader, the tooltip. */

import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { Known } from '../../data/fleet';
import type { Metric } from '../../data/history';
import { cssVars } from '../../parts/css-vars';
import { chevron } from '../../parts/icons';
import type { Box, Geometry, Rect } from './geometry';
import { t } from './heat-map.text';
import type { Selection } from './selection';
import { cellWords } from './words';

/** A square of the map, px. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** A tooltip stands above its cell from this share of the screen on. */
const TIP_ABOVE_FROM = 0.65;

/** As wide as a tooltip becomes, and how far it stands from its cell, px. */
const TIP_WIDTH = 340;
const TIP_GAP = 8;

/** The cell of a position; null where it is not on the map. */
export function squareOf({ x, y, size }: Geometry, at: number | null): Square | null {
  const left = at === null ? undefined : x[at];
  const top = at === null ? undefined : y[at];
  if (at === null || left === undefined || top === undefined || Number.isNaN(left)) return null;
  return { x: left, y: top, size: size[at] ?? 0 };
}

/** A grid has at least one cell. */
export function waitingRow(): TemplateResult {
  return html`<div role="row" class="hidden"><span role="gridcell">${t('loading')}</span></div>`;
}

/** The row and cell on which the keys stand; the others are named when the keys reach them. */
export function focusedRow(
  known: Known,
  at: number,
  geometry: Geometry,
  metric: Metric,
  selection: Selection,
): TemplateResult {
  const device = known.layout.devices[at];
  if (!device) return waitingRow();
  const nodes = geometry.boxes.flatMap(({ group }) => group.nodes);
  const row = nodes.findIndex(({ cells }) => cells.includes(at));
  const column = nodes[row]?.columns[nodes[row].cells.indexOf(at)] ?? 0;
  return html`<div role="row" class="hidden" aria-rowindex=${row + 1}>
    <span role="rowheader" aria-colindex="1">${device.node.nodeName}</span>
    ${keyed(
      at,
      html`<span
        id="cell-${at}"
        role="gridcell"
        aria-colindex=${column + 2}
        aria-selected=${selection.has(device.id)}
        aria-describedby="tip"
        >${cellWords(known, at, metric)}</span
      >`,
    )}
  </div>`;
}

/** The head of a group: its name and its totals. */
export function headOf({ top, group }: Box, words: string | null): TemplateResult {
  const place = cssVars({ '--y': `${top}px` });
  if (words === null) return html`<p class="head" ${place}><i class="skeleton"></i></p>`;
  return html`<p class="head" ${place}><strong>${group.title || t('wholeFleet')}</strong>${words}</p>`;
}

/** The same on a phone, where it opens its group. */
export function zoomHead(
  { top, group }: Box,
  words: string,
  zoomed: string | null,
  toggle: () => void,
): TemplateResult {
  return html`<button
    class="head"
    aria-expanded=${zoomed === group.key}
    ${cssVars({ '--y': `${top}px` })}
    @click=${toggle}
  >
    <span><strong>${group.title || t('wholeFleet')}</strong>${words}</span>
    ${top === 0 && zoomed === null ? t('tapToZoom') : nothing}${chevron}
  </button>`;
}

/** A ring around a cell: of what is pointed at, in focus, pinned. */
export function ring(kind: 'over' | 'focus' | 'pin', square: Square | null) {
  if (!square) return nothing;
  const { x, y, size } = square;
  return html`<i class="ring ${kind}" ${cssVars({ '--x': `${x}px`, '--y': `${y}px`, '--size': `${size}px` })}></i>`;
}

export function drawnRect(rect: Rect | null) {
  if (!rect) return nothing;
  const { left, top, right, bottom } = rect;
  return html`<i
    class="rect"
    ${cssVars({
      '--x': `${left}px`,
      '--y': `${top}px`,
      '--width': `${right - left}px`,
      '--height': `${bottom - top}px`,
    })}
  ></i>`;
}

/** A tooltip below its square, or above it. `mapTop` is where the map begins on the screen. */
export function tipAt(square: Square, content: unknown, pinned: boolean, width: number, mapTop: number) {
  if (!content) return nothing;
  const above = mapTop + square.y > TIP_ABOVE_FROM * innerHeight;
  const x = Math.max(0, Math.min(square.x + square.size / 2, width - TIP_WIDTH));
  const y = above ? square.y - TIP_GAP : square.y + square.size + TIP_GAP;
  return html`<div
    class="tip ${above ? 'above' : ''} ${pinned ? 'pinned' : ''}"
    id="tip"
    role="tooltip"
    ${cssVars({ '--x': `${x}px`, '--y': `${y}px` })}
  >
    ${content}
  </div>`;
}
