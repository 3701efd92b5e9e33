/** How the request page is laid out: the form, and the answer at its side or as a sheet. */

import { css } from 'lit';

export const pageStyles = css`
  :host {
    display: flex;
    flex: 1;
    flex-direction: column;
  }
  .columns {
    display: grid;
    flex: 1;
    grid-template-columns: minmax(0, 1fr) minmax(420px, 41%);
  }
  .main {
    padding: 0 28px 24px;
  }
  .title {
    display: flex;
    align-items: center;
    justify-content: space-between;
    min-height: 52px;
    border-bottom: 1px solid var(--line);
  }
  h1 {
    margin: 0;
    font: 600 15px/20px var(--font);
  }
  .title a {
    color: var(--acc);
    text-decoration: none;
  }
  .title a:hover {
    text-decoration: underline;
  }
  aside {
    display: flex;
    flex-direction: column;
    border-left: 1px solid var(--line);
  }
  .scroll {
    position: sticky;
    top: 48px;
    max-height: calc(100vh - 108px);
    overflow-y: auto;
  }
  footer {
    position: sticky;
    bottom: 0;
    margin-top: auto;
    padding: 12px 24px;
    border-top: 1px solid var(--line);
    background: var(--bg);
  }
  .buttons {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 34px;
  }
  .send {
    height: 34px;
    padding: 0 14px;
  }
  .send[aria-disabled='true'] {
    border-color: var(--line2);
    background: var(--inset);
    color: var(--t3);
    cursor: default;
  }
  .why {
    display: none;
  }
  .off {
    color: var(--t2);
    font-size: 12px;
  }
  .keys {
    display: flex;
    gap: 4px;
    margin-left: auto;
  }
  .problem {
    display: flex;
    gap: 7px;
    margin: 0 0 10px;
    padding: 6px 8px;
    border-radius: 5px;
  }
  .problem.crit {
    background: var(--critbg);
    color: var(--crit);
  }
  .problem.warn {
    background: var(--warnbg);
    color: var(--warn);
  }
  .locked {
    padding: 16px 20px;
  }
  .message {
    display: flex;
    gap: 12px;
    max-width: 640px;
    margin-top: 12px;
    padding: 12px 16px;
    border: 1px solid var(--line2);
    border-radius: 6px;
  }
  .message svg {
    margin-top: 1px;
    color: var(--t3);
  }
  .message strong {
    font-weight: 600;
  }
  .message p {
    margin: 2px 0 0;
    color: var(--t2);
  }
  @media (max-width: 1179px) {
    .columns {
      display: block;
    }
    aside {
      border-top: 1px solid var(--line);
      border-left: 0;
    }
    .scroll {
      position: static;
      max-height: none;
    }
  }
  @media (max-width: 759px) {
    .main {
      padding: 0 16px 340px;
    }
    .title {
      min-height: 48px;
    }
    .title a {
      padding: 12px 0;
    }
    aside {
      position: fixed;
      z-index: 2;
      right: 0;
      bottom: 62px;
      left: 0;
      max-height: 46vh;
      padding-top: 8px;
      border-top: 1px solid var(--line2);
      border-radius: 14px 14px 0 0;
      background: var(--bg);
      box-shadow: var(--shadow);
    }
    aside.open {
      max-height: calc(100vh - 130px);
    }
    .scroll {
      min-height: 0;
      overflow-y: auto;
    }
    footer {
      position: static;
      padding: 8px 16px;
    }
    .send,
    footer .button {
      height: 44px;
    }
    .send {
      flex: 1;
      justify-content: center;
    }
    .why {
      display: inline-flex;
    }
    .buttons {
      flex-wrap: wrap;
    }
    .off {
      order: 3;
      flex-basis: 100%;
    }
    .off:empty,
    .keys {
      display: none;
    }
  }
`;
