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
export const arrowRight = box(svg`<path d="M2.5 8h11M9 3.5 13.5 8 9 12.5" />`);
export const wrench = box(
  svg`<path d="M10.2 2.2a3.6 3.6 0 0 0-3.9 4.9L2.4 11a1.8 1.8 0 0 0 2.6 2.6l3.9-3.9a3.6 3.6 0 0 0 4.9-3.9L11.6 8 9 7.7 8 5z" stroke-linejoin="round" />`,
);
/** A solid square, a dot in a frame, a hollow square: in use, held idle, free. */
export const inUse = box(svg`<rect x="2.5" y="2.5" width="11" height="11" rx="1" fill="var(--use)" stroke="none" />`);
export const held = box(
  svg`<rect x="2.5" y="2.5" width="11" height="11" rx="1" stroke="var(--idle)" /><circle cx="8" cy="8" r="2.6" fill="var(--idle)" stroke="none" />`,
);
export const free = box(svg`<rect x="2.5" y="2.5" width="11" height="11" rx="1" stroke="var(--ctl)" />`);
export const map = box(
  svg`<rect x="2" y="2" width="5" height="5" /><rect x="9" y="2" width="5" height="5" fill="currentColor" /><rect x="2" y="9" width="5" height="5" fill="currentColor" /><rect x="9" y="9" width="5" height="5" />`,
);
export const rack = box(
  svg`<rect x="2" y="2.5" width="12" height="4.5" rx="1" /><rect x="2" y="9" width="12" height="4.5" rx="1" /><path d="M4.5 4.8h2m-2 6.5h2" />`,
);
export const sliders = box(
  svg`<path d="M2 4.5h7m4 0h1M2 11.5h1m4 0h7" /><circle cx="11" cy="4.5" r="1.8" /><circle cx="5" cy="11.5" r="1.8" />`,
);
export const globe = box(
  svg`<circle cx="8" cy="8" r="6.2" /><path d="M1.8 8h12.4M8 1.8c2.2 2 2.8 4 2.8 6.2S10.2 12.2 8 14.2C5.8 12.2 5.2 10.2 5.2 8S5.8 3.8 8 1.8z" />`,
);
export const moon = box(
  svg`<path d="M13.5 9.7A5.8 5.8 0 0 1 6.3 2.5a5.8 5.8 0 1 0 7.2 7.2z" stroke-linejoin="round" />`,
);
export const sun = box(
  svg`<circle cx="8" cy="8" r="3" /><path d="M8 1v1.8m0 10.4V15M1 8h1.8m10.4 0H15M3.05 3.05l1.27 1.27m7.36 7.36 1.27 1.27m0-9.9-1.27 1.27M4.32 11.68l-1.27 1.27" />`,
);
export const user = box(
  svg`<circle cx="8" cy="5.3" r="2.8" /><path d="M2.5 14c.6-3 2.7-4.5 5.5-4.5s4.9 1.5 5.5 4.5" />`,
);
export const close = box(svg`<path d="m4 4 8 8m0-8-8 8" />`);
export const filter = box(svg`<path d="M2 4h12M4.5 8h7M6.5 12h3" />`);
export const columns = box(svg`<rect x="2" y="2.5" width="12" height="11" rx="1" /><path d="M6 2.5v11M10 2.5v11" />`);
export const question = box(
  svg`<rect x="2" y="2" width="12" height="12" rx="2" /><path d="M6.2 6.3a1.9 1.9 0 1 1 2.6 1.8c-.6.2-.8.5-.8 1.1M8 11.2v.9" />`,
);
export const plus = box(svg`<path d="M8 2.5v11M2.5 8h11" />`);
export const list = box(svg`<path d="M5.5 4H14M5.5 8H14M5.5 12H14M2 4h1.2M2 8h1.2M2 12h1.2" />`);
export const tick = box(svg`<circle cx="8" cy="8" r="6.2" /><path d="m5 8.3 2.1 2.1L11 6" />`);
export const clockGlyph = box(svg`<circle cx="8" cy="8" r="6" /><path d="M8 4.6v3.6l2.3 1.4" />`);
export const slices = box(svg`<rect x="1.8" y="4" width="12.4" height="8" rx="1" /><path d="M5 4v8M8 4v8M11 4v8" />`);
/** Something is on its way. */
export const turning = box(svg`<path d="M13.5 8A5.5 5.5 0 1 1 8 2.5" />`);
export const undoArrow = box(svg`<path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M6 3 2.5 6.5 6 10" />`);
