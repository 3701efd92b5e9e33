/** What drops down from a button of the top bar. */

import { css } from 'lit';

const GAP_PX = 6;
const MARGIN_PX = 8;
const NARROW_PX = 760;

/** For an element with the attribute `popover` and the class `drop`. */
export const dropStyles = css`
  .drop {
    position: fixed;
    inset: var(--top, 56px) var(--right, 8px) auto auto;
    box-sizing: border-box;
    max-width: calc(100vw - 16px);
    max-height: calc(100vh - 72px);
    margin: 0;
    padding: 0;
    overflow: auto;
    border: 1px solid var(--line2);
    border-radius: 6px;
    background: var(--raise);
    color: var(--t1);
    box-shadow: var(--shadow);
  }
`;

/** Places it below the button with the right edges in line. Called on `beforetoggle`, before it is seen. */
export function placeBelow(button: Element, popover: HTMLElement): void {
  const { bottom, right } = button.getBoundingClientRect();
  const fromRight = innerWidth < NARROW_PX ? MARGIN_PX : Math.max(MARGIN_PX, Math.round(innerWidth - right));
  popover.style.setProperty('--top', `${Math.round(bottom + GAP_PX)}px`);
  popover.style.setProperty('--right', `${fromRight}px`);
}
