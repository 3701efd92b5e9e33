/** A small line without axes: the shape of the last minutes. Unknown values leave gaps. */

import { css, html, LitElement, svg } from 'lit';

/** The path of the values over a box; a gap where a value is not a number. `domain` null: the values' own scale. */
export function sparkPath(
  values: readonly number[],
  width: number,
  height: number,
  domain: readonly [number, number] | null,
  slots: number,
): string {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length < 2) return '';
  const [low, high] = domain ?? paddedRange(known);
  const step = width / Math.max(1, slots - 1);
  const start = width - (values.length - 1) * step;
  let path = '';
  let pen = 'M';
  values.forEach((value, at) => {
    if (!Number.isFinite(value)) {
      pen = 'M';
      return;
    }
    const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
    path += `${pen}${(start + at * step).toFixed(1)} ${(height - 1 - share * (height - 2)).toFixed(1)}`;
    pen = 'L';
  });
  return path;
}

function paddedRange(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const room = Math.max((high - low) * 0.25, Math.abs(high) * 0.05, 1e-6);
  return [low - room, high + room];
}

export class SparkLine extends LitElement {
  static override properties = {
    values: { attribute: false },
    domain: { attribute: false },
    width: { type: Number },
    height: { type: Number },
    slots: { type: Number },
  };

  declare values: readonly number[];
  declare domain: readonly [number, number] | null;
  declare width: number;
  declare height: number;
  declare slots: number;

  constructor() {
    super();
    this.values = [];
    this.domain = null;
    this.width = 96;
    this.height = 20;
    this.slots = 60;
  }

  static override styles = css`
    :host {
      display: block;
      color: var(--use);
    }
    svg {
      display: block;
      overflow: visible;
    }
    .line {
      fill: none;
      stroke: currentColor;
      stroke-width: 1.25;
      stroke-linejoin: round;
    }
    .area {
      fill: currentColor;
      opacity: 0.14;
    }
    .base {
      stroke: var(--line);
    }
  `;

  override render() {
    const { width, height } = this;
    const values = this.values.slice(-this.slots);
    const path = sparkPath(values, width, height, this.domain, this.slots);
    const gapless = values.every(Number.isFinite);
    const start = width - (values.length - 1) * (width / Math.max(1, this.slots - 1));
    return html`<svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
      <line class="base" x1="0" x2=${width} y1=${height - 0.5} y2=${height - 0.5} />
      ${path && gapless ? svg`<path class="area" d="${path}V${height}H${start.toFixed(1)}Z" />` : ''}
      ${path ? svg`<path class="line" d=${path} />` : ''}
    </svg>`;
  }
}

customElements.define('spark-line', SparkLine);
