/** Paints the map: all of it where it was laid out anew, else only the cells that look different. */

import type { Geometry } from './geometry';
import { nodeCorner } from './geometry';
import type { GroupNode } from './groups';
import { plainStep } from './looks';
import type { Sprites } from './sprites';
import type { Span } from './view-window';

/** Everything that is on the canvas. */
export interface Scene {
  readonly geometry: Geometry;
  /** Which part of the height the canvas covers. */
  readonly span: Span;
  /** The packed look by position. */
  readonly looks: Uint16Array;
  /** Nodes whose name stands out, by id. */
  readonly dark: ReadonlySet<string>;
  readonly sprites: Sprites;
  readonly font: string;
}

/** Not the look of any cell: it is painted whatever it is to show. */
const NOT_PAINTED = 0xffff;

/** What is between a name and its cells, px. */
export const LABEL_GAP = 7;

const LABEL_MOST = 120;

export class Painter {
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D | null;
  #last: Scene | null = null;
  #painted = new Uint16Array(0);

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#pen = canvas.getContext('2d', { alpha: false });
  }

  /** Shows the scene; returns how many cells it painted. */
  paint(scene: Scene): number {
    const last = this.#last;
    const anew =
      last?.geometry !== scene.geometry ||
      last.span !== scene.span ||
      last.sprites !== scene.sprites ||
      last.font !== scene.font;
    if (anew) this.#clear(scene);
    const count = this.#paintCells(scene);
    this.#paintLabels(scene, anew ? null : last.dark);
    this.#last = scene;
    return count;
  }

  #clear({ geometry, span, sprites, looks }: Scene): void {
    const { ratio, colours } = sprites;
    const canvas = this.#canvas;
    const width = Math.max(1, Math.round(geometry.width * ratio));
    const height = Math.max(1, Math.round(span.height * ratio));
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    canvas.style.width = `${geometry.width}px`;
    canvas.style.height = `${span.height}px`;
    canvas.style.top = `${span.top}px`;
    this.#painted = new Uint16Array(looks.length).fill(NOT_PAINTED);
    if (!this.#pen) return;
    this.#pen.fillStyle = colours.bg;
    this.#pen.fillRect(0, 0, width, height);
  }

  #paintCells({ geometry, span, looks, sprites }: Scene): number {
    const pen = this.#pen;
    if (!pen) return 0;
    const { ratio, colours, ramp } = sprites;
    const painted = this.#painted;
    const plain: number[][] = [[], [], [], [], [], [], [], [], []];
    let count = 0;
    for (let at = 0; at < looks.length; at++) {
      const look = looks[at] ?? 0;
      if (look === painted[at]) continue;
      painted[at] = look;
      const size = geometry.size[at] ?? 0;
      const y = (geometry.y[at] ?? Number.NaN) - span.top;
      if (!(y + size > 0 && y < span.height)) continue; // on another part, or not on the map
      count += 1;
      const step = plainStep(look);
      if (step) plain[step]?.push(at);
      else pen.drawImage(sprites.of(look, Math.round(size * ratio)), px(geometry.x[at], ratio), px(y, ratio));
    }
    plain.forEach((cells, step) => {
      if (!cells.length) return;
      pen.fillStyle = colours.ramps[ramp][step] ?? colours.bg;
      for (const at of cells) {
        const size = Math.round((geometry.size[at] ?? 0) * ratio);
        pen.fillRect(px(geometry.x[at], ratio), px((geometry.y[at] ?? 0) - span.top, ratio), size, size);
      }
    });
    return count;
  }

  /** All names, or those that are dark now and were not, and the other way round. */
  #paintLabels(scene: Scene, before: ReadonlySet<string> | null): void {
    if (before === scene.dark) return;
    for (const box of scene.geometry.boxes) {
      if (!box.scale.labels) continue;
      box.group.nodes.forEach((node, index) => {
        if (before && before.has(node.id) === scene.dark.has(node.id)) return;
        const { x, y } = nodeCorner(box, index);
        this.#paintLabel(scene, node, x, y - scene.span.top, box.labelWidth, box.scale.cell);
      });
    }
  }

  #paintLabel(scene: Scene, node: GroupNode, x: number, y: number, width: number, height: number): void {
    const pen = this.#pen;
    if (!pen || y + height < 0 || y > scene.span.height) return;
    const { ratio, colours } = scene.sprites;
    const isDark = scene.dark.has(node.id);
    pen.fillStyle = colours.bg;
    pen.fillRect(px(x, ratio), px(y, ratio), px(width, ratio), px(height, ratio));
    pen.fillStyle = isDark ? colours.t1 : colours.t3;
    pen.font = fontAt(scene.font, ratio);
    pen.textBaseline = 'middle';
    pen.fillText(fitting(node.name, scene.font), px(x, ratio), px(y + height / 2 + 0.5, ratio));
  }
}

function px(value: number | undefined, ratio: number): number {
  return Math.round((value ?? 0) * ratio);
}

function fontAt(family: string, ratio: number): string {
  return `${11 * ratio}px ${family}`;
}

const measuring = document.createElement('canvas').getContext('2d');

function widthOf(text: string, family: string): number {
  if (!measuring) return 7 * text.length;
  measuring.font = fontAt(family, 1);
  return measuring.measureText(text).width;
}

/** Of names in a proportional font, one this many letters shorter than the longest is hardly wider. */
const WIDER_WITHIN = 3;

/** The room that the names of all nodes take before their cells, px. */
export function labelRoom(names: readonly string[], family: string): number {
  const longest = names.reduce((most, name) => Math.max(most, name.length), 0);
  const shapes = new Set(names.filter((name) => name.length > longest - WIDER_WITHIN).map(digitless));
  let most = 0;
  for (const name of shapes) most = Math.max(most, widthOf(name, family));
  return Math.ceil(Math.min(most, LABEL_MOST)) + LABEL_GAP;
}

/** The name with every digit as the widest: node names differ in their digits. */
function digitless(name: string): string {
  return name.replace(/\d/g, '0');
}

/** The name with its middle left out where it is too long: both its ends tell nodes apart. */
function fitting(name: string, family: string): string {
  if (name.length < 12 || widthOf(name, family) <= LABEL_MOST) return name;
  for (let kept = name.length - 1; kept > 4; kept--) {
    const head = Math.ceil(kept / 2);
    const text = `${name.slice(0, head)}…${name.slice(head - kept)}`;
    if (widthOf(text, family) <= LABEL_MOST) return text;
  }
  return name.slice(0, 4);
}
