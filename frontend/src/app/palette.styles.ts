import { css } from 'lit';

export const paletteStyles = css`
  dialog {
    width: 620px;
    max-height: min(560px, calc(100vh - 96px));
    margin-top: 8vh;
    padding: 0;
    overflow: hidden;
  }
  dialog[open] {
    display: flex;
    flex-direction: column;
  }
  .field {
    display: flex;
    flex: none;
    align-items: center;
    gap: 10px;
    height: 48px;
    padding: 0 16px;
    border-bottom: 1px solid var(--line);
    color: var(--t3);
  }
  .field input {
    flex: 1;
    min-width: 0;
    height: 100%;
    padding: 0;
    border: 0;
    outline: 0;
    background: none;
    color: var(--t1);
    font: 15px/20px var(--font);
  }
  .field input::placeholder {
    color: var(--t3);
    opacity: 1;
  }
  .field:focus-within {
    border-bottom-color: var(--acc);
  }
  .close {
    display: none;
    padding: 14px;
    border: 0;
    background: none;
    color: var(--t2);
  }
  [role="listbox"] {
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
  }
  .head {
    display: flex;
    justify-content: space-between;
    padding: 10px 16px 4px;
    color: var(--t3);
    font: 11px/15px var(--font);
  }
  .row {
    display: flex;
    align-items: center;
    gap: 10px;
    height: 32px;
    padding: 0 16px;
    color: var(--t1);
    text-decoration: none;
    cursor: pointer;
    scroll-margin: 30px 0 4px;
  }
  .row svg {
    color: var(--t3);
  }
  .row[aria-selected="true"] {
    background: var(--accbg);
    box-shadow: inset 3px 0 var(--acc);
  }
  .title {
    flex: none;
    max-width: 60%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .detail {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    color: var(--t2);
    font: 12px/16px var(--font);
    text-align: right;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .none {
    margin: 0;
    padding: 20px 16px;
    color: var(--t2);
  }
  .none strong {
    color: var(--t1);
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  footer {
    display: flex;
    flex: none;
    gap: 16px;
    margin-top: 6px;
    padding: 8px 16px;
    border-top: 1px solid var(--line);
    color: var(--t3);
    font: 11px/15px var(--font);
  }
  footer span {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  @media (max-width: 759px) {
    dialog {
      width: 100%;
      max-width: none;
      max-height: 100%;
      height: 100%;
      margin: 0;
      border: 0;
      border-radius: 0;
    }
    .row {
      height: 44px;
    }
    .field {
      padding-right: 2px;
    }
    .field input {
      font-size: 16px;
    }
    .close {
      display: block;
    }
    footer {
      display: none;
    }
  }
`;
