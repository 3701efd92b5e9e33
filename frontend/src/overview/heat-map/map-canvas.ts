/** The canvas of the map: its colours, its sharpness, and the part of the map that it covers. */

import type { Metric } from '../../data/history';
import { coloursIn } from './colours';
import { Painter } from './painter';
import { rampOf } from './palette';
import type { Picture } from './picture';
import { Sprites } from './sprites';
import { drawnSpan, type Span } from './view-window';

export class MapCanvas {
  readonly #root: ShadowRoot | HTMLElement;
  readonly #painter: Painter;
  readonly #frame: HTMLElement;
  #sprites: Sprites | null = null;
  #span: Span | null = null;
  #font = '';

  /** `frame` is what the canvas lies in, as high as the whole map. */
  constructor(root: ShadowRoot | HTMLElement, frame: HTMLElement, canvas: HTMLCanvasElement) {
    this.#root = root;
    this.#frame = frame;
    this.#painter = new Painter(canvas);
  }

  /** The colours are others now: they are resolved once, at the next painting. */
  recolour(): void {
    this.#sprites = null;
  }

  /** Brings the canvas up to date; returns how many cells that took. */
  paint({ geometry, looks, dark }: Picture, metric: Metric): number {
    this.#font ||= getComputedStyle(this.#frame).fontFamily;
    this.#span = drawnSpan(geometry.height, this.#seen(geometry.height), this.#span);
    const sprites = this.#spritesOf(metric);
    return this.#painter.paint({ geometry, span: this.#span, looks, dark, sprites, font: this.#font });
  }

  /** Whether scrolling has left what is painted. */
  isLeft(height: number): boolean {
    return drawnSpan(height, this.#seen(height), this.#span) !== this.#span;
  }

  #spritesOf(metric: Metric): Sprites {
    const ramp = rampOf(metric);
    const ratio = devicePixelRatio;
    const now = this.#sprites;
    if (now?.ramp === ramp && now.ratio === ratio) return now;
    this.#sprites = new Sprites(ramp, now?.colours ?? coloursIn(this.#root), ratio);
    return this.#sprites;
  }

  /** Which part of the map is on the screen. */
  #seen(height: number): Span {
    const shownWhole = drawnSpan(height, { top: 0, height: 0 }, this.#span);
    if (shownWhole.height === height) return shownWhole; // no need to ask where it is
    return { top: -this.#frame.getBoundingClientRect().top, height: innerHeight };
  }
}
