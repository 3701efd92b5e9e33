/** What lies behind and over the line of a live chart: gaps, the stale end, a limit, moments. Drawn on uPlot's canvas. */

import type uPlot from 'uplot';
import type { Gap } from '../data/series';

/** The tokens that a chart is drawn with. */
export const CHART_TOKENS = [
  'bg',
  'inset',
  'line',
  'ctl',
  't2',
  't3',
  'warn',
  'warnmark',
  'cellline',
  'series-1',
] as const;

export type Palette = Readonly<Record<(typeof CHART_TOKENS)[number], string>>;

/** A stretch to mark, with its words. */
export interface Band extends Gap {
  readonly text: string;
}

/** A value that is not to be passed, with its words. */
export interface Limit {
  readonly value: number;
  readonly text: string;
}

/** Between the lines of a hatch, px. */
const HATCH_EVERY = 6;
/** Between words and what lies under them, px. */
const TEXT_ROOM = 6;

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Hatches a stretch without readings. */
export function drawGap(chart: uPlot, gap: Band, palette: Palette): void {
  const area = areaOf(chart, gap);
  within(chart, area, (context) => hatch(context, area, palette.cellline));
}

/** Greys the time since the last reading. */
export function drawStale(chart: uPlot, stale: Band, palette: Palette): void {
  const area = areaOf(chart, stale);
  within(chart, area, (context) => {
    context.fillStyle = palette.inset;
    context.fillRect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  });
}

/** The words of a stretch in its middle, over grid and hatch. Without room: at its end at the bottom, or nowhere. */
export function drawWords(chart: uPlot, band: Band, palette: Palette, font: string, needed: boolean): void {
  const area = areaOf(chart, band);
  const ratio = devicePixelRatio;
  within(chart, plotOf(chart), (context) => {
    context.font = font;
    const width = context.measureText(band.text).width + 2 * TEXT_ROOM * ratio;
    const fits = width <= area.right - area.left;
    if (!fits && !needed) return;
    const x = fits ? (area.left + area.right) / 2 : area.right - width / 2;
    const y = fits ? (area.top + area.bottom) / 2 : area.bottom - 14 * ratio;
    context.fillStyle = palette.bg;
    context.fillRect(x - width / 2, y - 9 * ratio, width, 18 * ratio);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillStyle = palette.t2;
    context.fillText(band.text, x, y);
  });
}

/** A dashed line with its words above it. */
export function drawLimit(chart: uPlot, { value, text }: Limit, palette: Palette, font: string): void {
  const ratio = devicePixelRatio;
  const y = Math.round(chart.valToPos(value, 'y', true)) + 0.5;
  const { left, width } = chart.bbox;
  within(chart, plotOf(chart), (context) => {
    context.strokeStyle = palette.warnmark;
    context.lineWidth = ratio;
    context.setLineDash([4 * ratio, 3 * ratio]);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.font = font;
    context.textAlign = 'left';
    context.textBaseline = 'bottom';
    context.fillStyle = palette.warn;
    context.fillText(text, left + 4 * ratio, y - 2 * ratio);
  });
}

/** Moments at which something was changed: a dotted line that stands on a diamond. */
export function drawMoments(chart: uPlot, moments: readonly number[], palette: Palette): void {
  const ratio = devicePixelRatio;
  const { top, bottom } = plotOf(chart);
  within(chart, plotOf(chart), (context) => {
    for (const moment of moments) {
      const x = Math.round(chart.valToPos(moment, 'x', true)) + 0.5;
      context.strokeStyle = palette.t3;
      context.lineWidth = ratio;
      context.setLineDash([2 * ratio, 2.5 * ratio]);
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, bottom);
      context.stroke();
      diamond(context, x, bottom - 5 * ratio, 4 * ratio, palette.t2);
    }
  });
}

function diamond(context: CanvasRenderingContext2D, x: number, y: number, size: number, colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.fill();
}

function hatch(context: CanvasRenderingContext2D, { left, right, top, bottom }: Area, colour: string): void {
  const step = HATCH_EVERY * devicePixelRatio;
  const height = bottom - top;
  context.strokeStyle = colour;
  context.lineWidth = devicePixelRatio;
  context.beginPath();
  for (let x = left - height; x < right; x += step) {
    context.moveTo(x, bottom);
    context.lineTo(x + height, top);
  }
  context.stroke();
}

/** Draws inside an area, and leaves the canvas as it was. */
function within(chart: uPlot, area: Area, draw: (context: CanvasRenderingContext2D) => void): void {
  const { ctx: context } = chart;
  context.save();
  context.beginPath();
  context.rect(area.left, area.top, area.right - area.left, area.bottom - area.top);
  context.clip();
  draw(context);
  context.restore();
}

function plotOf(chart: uPlot): Area {
  const { left, top, width, height } = chart.bbox;
  return { left, right: left + width, top, bottom: top + height };
}

function areaOf(chart: uPlot, { from, to }: Gap): Area {
  const plot = plotOf(chart);
  const clamped = (at: number) => Math.min(plot.right, Math.max(plot.left, chart.valToPos(at, 'x', true)));
  return { ...plot, left: clamped(from), right: clamped(to) };
}
