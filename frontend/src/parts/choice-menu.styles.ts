/** How a menu of choices looks. */

import { css } from 'lit';

export const choiceMenuStyles = css`
  :host {
    position: relative;
    display: inline-block;
  }
  .chip {
    display: flex;
    max-width: 320px;
    border: 1px solid var(--line2);
    border-radius: 5px;
    background: var(--bg);
  }
  .chip:hover {
    background: var(--sub);
  }
  .chip.on {
    border-color: var(--acc);
    background: var(--accbg);
    color: var(--acc);
  }
  .chip button {
    display: flex;
    align-items: center;
    gap: 6px;
    height: 26px;
    min-width: 24px;
    padding: 0 8px 0 10px;
    border: 0;
    border-radius: 4px;
    background: none;
    font-weight: 500;
    white-space: nowrap;
  }
  .chip .open {
    min-width: 0;
  }
  .chip .open span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .chip.on .open {
    padding-right: 0;
    font-weight: 400;
  }
  .chip.on b {
    font-weight: 600;
  }
  .chip .remove {
    padding: 0 6px;
  }
  .chip svg {
    width: 12px;
    height: 12px;
  }
  .open svg {
    color: var(--t3);
  }
  .panel {
    position: absolute;
    z-index: 5;
    top: calc(100% + 4px);
    left: 0;
    width: max-content;
    min-width: 180px;
    max-width: 320px;
    max-height: min(420px, 60vh);
    padding: 6px 0;
    border: 1px solid var(--line2);
    border-radius: 6px;
    overflow-y: auto;
    background: var(--raise);
    box-shadow: var(--shadow);
  }
  .panel.end {
    right: 0;
    left: auto;
  }
  .panel label {
    display: flex;
    align-items: center;
    gap: 8px;
    min-height: 28px;
    padding: 0 12px;
    cursor: pointer;
  }
  .panel label:hover,
  .panel label:focus-within {
    background: var(--accbg);
  }
  .panel label span {
    flex: 1;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .panel small {
    color: var(--t3);
    font-size: 12px;
  }
  input[type='checkbox'] {
    width: 14px;
    height: 14px;
    margin: 0;
    accent-color: var(--accsolid);
  }
  input[type='text'] {
    width: calc(100% - 24px);
    height: 28px;
    margin: 2px 12px 6px;
    padding: 0 8px;
    border: 1px solid var(--ctl);
    border-radius: 5px;
    background: var(--bg);
  }
  .panel p {
    margin: 6px 12px;
    color: var(--t3);
    font: 12px/16px var(--font);
  }
  @media (max-width: 759px) {
    .chip button {
      height: 42px;
      min-width: 42px;
      justify-content: center;
    }
    .panel label {
      min-height: 44px;
    }
    .panel {
      max-width: calc(100vw - 32px);
    }
    input[type='text'] {
      height: 44px;
      font-size: 16px;
    }
  }
`;
