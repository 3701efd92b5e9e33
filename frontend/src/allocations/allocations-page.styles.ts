/** How the list of allocations is laid out around its table. */

import { css } from 'lit';

export const allocationsPageStyles = css`
  :host {
    display: block;
  }
  .room {
    height: 60px;
  }
  .views {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
    margin-bottom: 10px;
    padding: 0 20px;
    border-bottom: 1px solid var(--line);
  }
  .views nav {
    display: flex;
    gap: 22px;
    min-width: 0;
    overflow-x: auto;
    scrollbar-width: none;
  }
  .views nav a {
    padding: 8px 0;
    color: var(--t2);
    text-decoration: none;
    white-space: nowrap;
  }
  .views nav a:focus-visible {
    outline-offset: -2px;
  }
  .views nav span {
    color: var(--t3);
  }
  .views nav a:hover {
    color: var(--t1);
  }
  .views nav a[aria-current] {
    box-shadow: inset 0 -2px 0 var(--acc);
    color: var(--acc);
    font-weight: 600;
  }
  .views .button,
  .message .button {
    flex: none;
    margin-bottom: 6px;
    color: inherit;
    text-decoration: none;
  }
  .message .button {
    margin: 0;
  }
  .views .button.primary {
    color: var(--onacc);
  }
  .partial {
    margin: 0 20px 8px;
    color: var(--t2);
  }
  .acts {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .button.grave {
    border-color: var(--critmark);
    color: var(--crit);
  }
  .button[aria-disabled='true'] {
    border-color: var(--line2);
    background: var(--sub);
    color: var(--t3);
    cursor: default;
  }
  .why {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--t2);
    font-size: 12px;
  }
  @media (max-width: 759px) {
    .views {
      flex-direction: column-reverse;
      align-items: stretch;
      gap: 4px;
      padding: 0;
    }
    .views nav {
      gap: 18px;
      padding: 0 16px;
    }
    .views nav a {
      padding: 13px 0;
    }
    .views .button {
      height: 44px;
      justify-content: center;
      margin: 0 16px;
    }
    .acts .button {
      height: 44px;
    }
    .partial {
      margin: 0 16px 8px;
    }
  }
`;
