/** Rules that several components share. */

import { css } from 'lit';

export const shared = css`
  :host,
  * {
    box-sizing: border-box;
  }
  button,
  input,
  select {
    font: inherit;
    color: inherit;
  }
  button {
    cursor: pointer;
  }
  :focus-visible {
    outline: 2px solid var(--acc);
    outline-offset: 1px;
  }
  svg {
    display: block;
    flex: none;
  }
  kbd {
    display: inline-block;
    min-width: 16px;
    padding: 0 4px;
    border: 1px solid var(--line2);
    border-radius: 3px;
    background: var(--bg);
    color: var(--t3);
    font: 11px/14px var(--font);
    text-align: center;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .button {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    height: 28px;
    padding: 0 10px;
    border: 1px solid var(--line2);
    border-radius: 5px;
    background: var(--bg);
    font-weight: 500;
    white-space: nowrap;
  }
  .button:hover {
    background: var(--sub);
  }
  .button.primary {
    border-color: var(--accsolid);
    background: var(--accsolid);
    color: var(--onacc);
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 5px;
    height: 18px;
    padding: 0 7px 0 5px;
    border-radius: 9px;
    background: var(--inset);
    color: var(--t2);
    font: 500 11px/18px var(--font);
    white-space: nowrap;
  }
  .badge svg {
    width: 12px;
    height: 12px;
  }
  .badge.crit {
    background: var(--critbg);
    color: var(--crit);
  }
  .badge.warn {
    background: var(--warnbg);
    color: var(--warn);
  }
  .badge.ok {
    background: var(--okbg);
    color: var(--ok);
  }
  .badge.acc {
    background: var(--accbg);
    color: var(--acc);
  }
  .skeleton {
    border-radius: 3px;
    background: var(--inset);
  }
`;

/** Below this width tables become two-line lists. */
export const NARROW = '(max-width: 759px)';
