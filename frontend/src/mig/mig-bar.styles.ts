import { css } from 'lit';

export const migBarStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  .bar {
    display: grid;
    grid-template-columns: 72px minmax(0, 1fr);
    gap: 3px 0;
    align-items: center;
  }
  .bar.compact {
    grid-template-columns: minmax(0, 1fr);
  }
  .name {
    color: var(--t2);
    font: 12px/16px var(--font);
  }
  .name small {
    display: block;
    color: var(--t3);
    font: 11px/15px var(--font);
  }
  .scale {
    display: grid;
    grid-template-columns: repeat(var(--slices), minmax(0, 1fr));
    gap: 3px 2px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .indices {
    color: var(--t3);
    font: 11px/15px var(--font);
    text-align: center;
  }
  .scale > * {
    grid-column: var(--from) / span var(--size);
    min-width: 0;
  }
  .memory > * {
    grid-row: 1;
    height: 46px;
  }
  .compact .memory > * {
    height: 28px;
  }
  .hole {
    border: 1px dashed var(--line2);
    border-radius: 3px;
    background: var(--sub);
  }
  .item {
    z-index: 1;
    display: flex;
    position: relative;
    border: 1px solid var(--hue);
    border-radius: 3px;
    overflow: hidden;
    background: color-mix(in srgb, var(--hue) 13%, var(--bg));
    color: var(--t1);
    font: 12px/16px var(--font);
  }
  .item.idle {
    background: var(--bg);
  }
  .item.new {
    border-style: dashed;
    border-width: 2px;
  }
  .item.DELETING {
    border-color: var(--out);
    background: repeating-linear-gradient(135deg, var(--inset) 0 3px, var(--bg) 3px 7px);
  }
  .item.CREATING {
    border-style: dashed;
    border-color: var(--acc);
  }
  .item.LOST {
    border-color: var(--critmark);
    background: var(--critbg);
  }
  .item.selected {
    outline: 2px solid var(--acc);
    outline-offset: -1px;
  }
  .face {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    flex: 1;
    gap: 0 6px;
    align-content: center;
    min-width: 0;
    padding: 0 6px;
    border: 0;
    background: none;
    color: inherit;
    text-align: left;
  }
  button.face {
    cursor: pointer;
    touch-action: pan-y; /* a finger may still scroll the page; instances move sideways */
  }
  button.face:focus-visible {
    outline-offset: -2px;
  }
  .face b,
  .face span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .face b {
    font-weight: 600;
  }
  .words {
    grid-row: 2;
    grid-column: 1 / -1;
    color: var(--t2);
  }
  .note {
    color: var(--t2);
    font-size: 11px;
  }
  .one .note {
    display: none;
  }
  .state {
    display: inline-flex;
    gap: 3px;
    align-items: center;
    font-size: 11px;
  }
  .state svg {
    width: 12px;
    height: 12px;
  }
  .LOST .state {
    color: var(--crit);
  }
  .compact .face {
    display: flex;
    justify-content: flex-start;
    align-items: center;
  }
  .compact .face b {
    flex: none;
  }
  .compact .face .state {
    flex: none;
  }
  .ticks {
    gap: 2px;
    grid-template-columns: repeat(var(--ticks), minmax(0, 1fr));
  }
  .ticks > * {
    grid-column: auto;
    height: 10px;
    border: 1px dashed var(--ctl);
    border-radius: 2px;
  }
  .ticks .taken {
    border: 0;
    background: var(--hue);
    opacity: 0.86;
  }
  .place {
    z-index: 2;
  }
  .lanes > * {
    grid-row: var(--lane);
  }
  .place > * {
    width: 100%;
    height: 100%;
  }
  .lanes > *,
  .place > * {
    min-height: 24px;
    padding: 0 6px;
    border: 1px dashed var(--acc);
    border-radius: 3px;
    overflow: hidden;
    background: var(--bg);
    color: var(--acc);
    font: 12px/22px var(--font);
    text-align: left;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .legal.ghost {
    border-width: 2px;
    background: var(--accbg);
    font-weight: 500;
  }
  .illegal.ghost {
    border: 2px dashed var(--critmark);
    background: repeating-linear-gradient(135deg, var(--critbg) 0 4px, var(--bg) 4px 9px);
    color: var(--crit);
    font-weight: 500;
  }
  .list {
    display: none;
    grid-column: 1 / -1;
    margin: 0;
    color: var(--t2);
    font: 12px/17px var(--font);
  }
  /* Slices too narrow for words: what is in them is said below. */
  @container (max-width: 560px) {
    .bar {
      grid-template-columns: minmax(0, 1fr);
    }
    .bar.compact .name,
    .bar .name.wide {
      display: none;
    }
    .name small {
      display: inline;
    }
    .face {
      padding: 0 3px;
    }
    .one .face b,
    .one .face span,
    .two .face span {
      font-size: 11px;
    }
    .one .face {
      padding: 0 1px;
    }
    .one .face b {
      letter-spacing: -0.3px;
      text-overflow: clip;
      white-space: normal;
    }
    .compact .one .face b {
      white-space: nowrap;
    }
    .one .words,
    .compact .two .words {
      display: none;
    }
    .one .state .word {
      display: none;
    }
    .lanes > *,
    .place > * {
      padding: 0 2px;
      font-size: 11px;
    }
    .list {
      display: block;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .CREATING .state svg,
    .DELETING .state svg {
      animation: turn 1200ms linear infinite;
    }
  }
  @keyframes turn {
    to {
      rotate: 360deg;
    }
  }
`;
