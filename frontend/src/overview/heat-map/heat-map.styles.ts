import { css } from 'lit';

export const heatMapStyles = css`
  :host {
    display: block;
    min-width: 0;
  }
  .frame {
    position: relative;
    height: var(--height);
  }
  canvas {
    position: absolute;
    left: 0;
    display: block;
  }
  .grid {
    position: absolute;
    inset: 0;
    outline: 0;
    user-select: none;
  }
  .grid.over {
    cursor: pointer;
  }
  .head {
    position: absolute;
    top: var(--y);
    right: 0;
    left: 0;
    overflow: hidden;
    height: 20px;
    margin: 0;
    padding: 0;
    border: 0;
    background: none;
    color: var(--t3);
    font: 12px/20px var(--font);
    text-align: left;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head strong {
    margin-right: 8px;
    color: var(--t1);
    font-size: 12.5px;
    font-weight: 600;
  }
  .head .skeleton {
    display: inline-block;
    width: 220px;
    height: 10px;
  }
  button.head {
    display: flex;
    align-items: flex-end;
    height: 44px;
    padding-bottom: 4px;
  }
  button.head span {
    flex: 1;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  button.head svg {
    width: 14px;
    height: 14px;
    margin: 0 0 3px 6px;
  }
  button.head[aria-expanded='true'] svg {
    transform: rotate(180deg);
  }
  button.head:focus-visible {
    outline-offset: -2px;
  }
  .ring,
  .corner,
  .rect {
    position: absolute;
    top: var(--y);
    left: var(--x);
    pointer-events: none;
  }
  .ring {
    width: var(--size);
    height: var(--size);
    scroll-margin: 64px 0 88px;
    outline: 1px solid var(--t1);
    outline-offset: 1px;
  }
  .ring.focus {
    outline: 2px solid var(--acc);
  }
  .ring.pin {
    outline: 2px solid var(--t1);
  }
  .ring.pin::after {
    position: absolute;
    top: -1px;
    right: -1px;
    width: max(4px, 45%);
    height: max(4px, 45%);
    background: var(--t1);
    clip-path: polygon(0 0, 100% 0, 100% 100%);
    content: '';
  }
  .rect {
    width: var(--width);
    height: var(--height);
    border: 1px solid var(--acc);
    background: color-mix(in srgb, var(--acc) 12%, transparent);
  }
`;
