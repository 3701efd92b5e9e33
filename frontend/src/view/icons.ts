/** Glyphs, drawn on 16 px. State is always shape and word and colour. */

import { html, type SVGTemplateResult, svg } from 'lit';

const box = (inner: SVGTemplateResult) =>
  html`<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true">${inner}</svg>`;

export const logo = html`<svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
  <rect x="1.5" y="1.5" width="29" height="29" rx="6" fill="none" stroke="currentColor" stroke-width="1.6" />
  <rect x="7" y="7" width="8" height="8" fill="var(--load-8)" />
  <rect x="17" y="7" width="8" height="8" fill="var(--load-3)" />
  <rect x="7" y="17" width="8" height="8" fill="var(--load-4)" />
  <rect x="17" y="17" width="8" height="8" fill="var(--load-7)" />
</svg>`;

export const search = box(svg`<circle cx="7" cy="7" r="4.5" /><path d="m10.5 10.5 3.5 3.5" />`);
export const pause = box(svg`<path d="M5.5 3v10M10.5 3v10" stroke-width="2" />`);
export const play = box(svg`<path d="M5 3.2v9.6l7.5-4.8z" fill="currentColor" stroke-linejoin="round" />`);
export const arrowUp = box(svg`<path d="M8 12.5v-9M4.5 7 8 3.5 11.5 7" />`);
export const arrowDown = box(svg`<path d="M8 3.5v9M4.5 9 8 12.5 11.5 9" />`);
export const chevron = box(svg`<path d="m4 6 4 4 4-4" />`);
export const copy = box(
  svg`<rect x="5.5" y="5.5" width="8" height="8" rx="1.5" /><path d="M10.5 2.5h-7a1 1 0 0 0-1 1v7" />`,
);
export const check = box(svg`<path d="m3.5 8.5 3 3 6-7" />`);
export const cross = box(
  svg`<circle cx="8" cy="8" r="6.2" fill="currentColor" stroke="none" /><path d="m5.7 5.7 4.6 4.6m0-4.6-4.6 4.6" stroke="var(--bg)" />`,
);
export const warning = box(
  svg`<path d="M8 2 15 14H1z" fill="currentColor" stroke="none" /><path d="M8 6.4v3.4M8 11.2v1.4" stroke="var(--bg)" />`,
);
export const staleClock = box(svg`<circle cx="8" cy="8" r="6" stroke-dasharray="2 1.8" /><path d="M8 5v3.2l2 1.3" />`);
export const hatched = box(
  svg`<rect x="2.5" y="2.5" width="11" height="11" rx="1" /><path d="m3 9 6-6M3 13 13 3M7 13l6-6" stroke-width="1" />`,
);
export const flask = box(
  svg`<path d="M6 2v4.2L2.8 12a1.4 1.4 0 0 0 1.2 2h8a1.4 1.4 0 0 0 1.2-2L10 6.2V2M5 2h6M4.6 10h6.8" />`,
);
export const chip = box(
  svg`<rect x="4" y="4" width="8" height="8" rx="1" /><path d="M6.5 1.5V4m3-2.5V4m-3 8v2.5m3-2.5v2.5M1.5 6.5H4m-2.5 3H4m8-3h2.5m-2.5 3h2.5" />`,
);
export const lock = box(
  svg`<rect x="3.5" y="7" width="9" height="6.5" rx="1" /><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2" />`,
);
export const cluster = box(svg`<path d="m8 1.8 5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9z" /><circle cx="8" cy="8" r="2" />`);
