/** Draws one cell, and keeps the drawings: a map has thousands of cells, but few looks. */

import type { Colours } from './colours';
import { type Look, Shape, unpacked } from './looks';
import type { Ramp } from './palette';

type Pen = CanvasRenderingContext2D;

/** How much is left of a cell that another state is looked for in, and of the value of an old reading. */
const DIMMED = 0.15;
const FADED = 0.3;

/** From this size on, px, there is room for a dot and a cross; below it a diamond stands for the cross. */
const ROOMY = 10;

/** On steps from this one on, the hatch shows in the colour of the page. */
const DARK_STEP = 4;

/** From this one on, a dot needs room around it. */
const BRIGHT_STEP = 3;

/** Draws a cell into the upper left corner. `size` is in device pixels, `ratio` of which make a px. */
export function drawCell(pen: Pen, look: Look, ramp: Ramp, colours: Colours, size: number, ratio: number): void {
  const line = Math.max(1, Math.round(ratio));
  const roomy = size >= ROOMY * ratio;
  const fill = look.step ? (colours.ramps[ramp][look.step] ?? null) : null;
  pen.fillStyle = colours.bg;
  pen.fillRect(0, 0, size, size);
  if (look.shape === Shape.None) return;
  pen.globalAlpha = look.dimmed ? DIMMED : 1;
  if (fill && (look.shape !== Shape.Held || roomy)) drawValue(pen, fill, look.stale, size);
  switch (look.shape) {
    case Shape.Value:
      if (look.stale) drawDashes(pen, colours.cellhatch, size, line);
      break;
    case Shape.Hollow:
      drawFrame(pen, colours.cellline, size, line);
      break;
    case Shape.Unknown:
      drawDashes(pen, colours.cellhatch, size, line);
      break;
    case Shape.Held:
      drawFrame(pen, colours.idle, size, line);
      if (roomy && look.step >= BRIGHT_STEP) drawDot(pen, colours.bg, size, 0.28); // it must not drown in the value
      if (roomy) drawDot(pen, colours.idle, size, 0.18);
      else drawCore(pen, colours.idle, size);
      break;
    case Shape.Hatched:
      drawHatch(pen, look.step >= DARK_STEP && !look.stale ? colours.bg : colours.cellhatch, size, line, roomy);
      if (look.stale) drawDashes(pen, colours.cellhatch, size, line);
      else if (!fill) drawFrame(pen, colours.cellline, size, line);
      break;
    case Shape.Unhealthy:
      pen.fillStyle = colours.critbg;
      pen.fillRect(0, 0, size, size);
      if (roomy) {
        drawFrame(pen, colours.critmark, size, 2 * line);
        drawCross(pen, colours.critmark, size, line);
      } else {
        drawDiamond(pen, colours.critmark, size);
      }
  }
  pen.globalAlpha = 1;
  if (look.selected) drawSelection(pen, colours, size, line);
}

function drawValue(pen: Pen, fill: string, stale: boolean, size: number): void {
  const alpha = pen.globalAlpha;
  pen.globalAlpha = stale ? alpha * FADED : alpha;
  pen.fillStyle = fill;
  pen.fillRect(0, 0, size, size);
  pen.globalAlpha = alpha;
}

function drawFrame(pen: Pen, colour: string, size: number, line: number): void {
  pen.strokeStyle = colour;
  pen.lineWidth = line;
  pen.strokeRect(line / 2, line / 2, size - line, size - line);
}

function drawDashes(pen: Pen, colour: string, size: number, line: number): void {
  const dash = size >= 14 * line ? 2 * line : line;
  pen.setLineDash([dash, dash]);
  drawFrame(pen, colour, size, line);
  pen.setLineDash([]);
}

/** `radius` as a share of the cell. */
function drawDot(pen: Pen, colour: string, size: number, radius: number): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(size / 2, size / 2, size * radius, 0, 2 * Math.PI);
  pen.fill();
}

/** The dot of a small cell. */
function drawCore(pen: Pen, colour: string, size: number): void {
  const edge = Math.ceil((size * 2) / 7);
  pen.fillStyle = colour;
  pen.fillRect(edge, edge, size - 2 * edge, size - 2 * edge);
}

/** Lines from the lower left to the upper right. */
function drawHatch(pen: Pen, colour: string, size: number, line: number, roomy: boolean): void {
  const pitch = (roomy ? 4.5 : 3.5) * line;
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, size, size);
  pen.clip();
  pen.strokeStyle = colour;
  pen.lineWidth = 1.2 * line;
  pen.beginPath();
  for (let at = pitch / 2; at < 2 * size; at += pitch) {
    pen.moveTo(at - size - line, size + line);
    pen.lineTo(at + line, -line);
  }
  pen.stroke();
  pen.restore();
}

function drawCross(pen: Pen, colour: string, size: number, line: number): void {
  const near = size * 0.33;
  const far = size - near;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.6 * line;
  pen.beginPath();
  pen.moveTo(near, near);
  pen.lineTo(far, far);
  pen.moveTo(far, near);
  pen.lineTo(near, far);
  pen.stroke();
}

/** Line by line: five pixels leave no room for soft edges. */
function drawDiamond(pen: Pen, colour: string, size: number): void {
  pen.fillStyle = colour;
  for (let line = 0; line < size; line++) {
    const half = size / 2 - Math.abs(line + 0.5 - size / 2);
    const width = size % 2 ? 2 * half : 2 * Math.ceil(half);
    pen.fillRect((size - width) / 2, line, width, 1);
  }
}

function drawSelection(pen: Pen, colours: Colours, size: number, line: number): void {
  const wide = size >= ROOMY * line ? 2 * line : line;
  drawFrame(pen, colours.bg, size, wide + line);
  drawFrame(pen, colours.acc, size, wide);
}

/** The drawings of one ramp, set of colours and pixel ratio. */
export class Sprites {
  readonly #drawn = new Map<number, HTMLCanvasElement>();

  constructor(
    readonly ramp: Ramp,
    readonly colours: Colours,
    readonly ratio: number,
  ) {}

  /** The drawing of a packed look at a size in device pixels. */
  of(look: number, size: number): HTMLCanvasElement {
    const key = look * 1024 + size;
    const known = this.#drawn.get(key);
    if (known) return known;
    const canvas = document.createElement('canvas');
    canvas.width = size;
    canvas.height = size;
    const pen = canvas.getContext('2d', { alpha: false });
    if (pen) drawCell(pen, unpacked(look), this.ramp, this.colours, size, this.ratio);
    this.#drawn.set(key, canvas);
    return canvas;
  }
}
