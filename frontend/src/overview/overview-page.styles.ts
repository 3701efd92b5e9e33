/** How the overview is laid out: map and side column, or one under the other. */

import { css } from 'lit';

export const overviewStyles = css`
  :host {
    display: flex;
    flex: 1 0 auto;
    flex-direction: column;
  }
  .columns {
    display: grid;
    flex: 1 0 auto;
    grid-template-columns: minmax(0, 1fr) 348px;
  }
  .fleet {
    display: flex;
    flex-direction: column;
    min-width: 0;
    padding: 0 16px;
  }
  .map {
    position: relative;
  }
  .hint {
    margin: 12px 20px;
    color: var(--t3);
  }
  aside {
    border-left: 1px solid var(--line);
  }
  .head {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 8px 14px;
    min-height: 48px;
  }
  h1 {
    margin: 0;
    outline: 0;
    font: 600 15px/20px var(--font);
  }
  .metrics {
    display: flex;
    border: 1px solid var(--line2);
    border-radius: 5px;
  }
  .metrics button {
    height: 24px;
    padding: 0 10px;
    border: 0;
    border-right: 1px solid var(--line2);
    background: none;
    color: var(--t2);
  }
  .metrics button:first-child {
    border-radius: 4px 0 0 4px;
  }
  .metrics button:last-child {
    border-right: 0;
    border-radius: 0 4px 4px 0;
  }
  .metrics [aria-checked="true"] {
    background: var(--accbg);
    box-shadow: inset 0 -2px 0 var(--acc);
    color: var(--acc);
    font-weight: 500;
  }
  .end {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 8px 12px;
    margin-left: auto;
  }
  .keys {
    display: flex;
    align-items: center;
    gap: 8px;
    height: 28px;
    padding: 0 6px;
    border: 0;
    border-radius: 5px;
    background: none;
    color: var(--t2);
  }
  .keys:hover {
    background: var(--sub);
  }
  .choice {
    position: relative;
  }
  .choice svg {
    position: absolute;
    top: 8px;
    right: 8px;
    width: 12px;
    height: 12px;
    color: var(--t3);
    pointer-events: none;
  }
  select {
    height: 28px;
    padding: 0 26px 0 10px;
    appearance: none;
    border: 1px solid var(--line2);
    border-radius: 5px;
    background: var(--bg);
    font-weight: 500;
  }
  option {
    background: var(--raise);
  }
  .matches {
    display: flex;
    align-items: center;
    gap: 12px;
    margin: 0;
    color: var(--t2);
  }
  .map .matches {
    position: absolute;
    z-index: 1;
    top: -4px;
    right: 0;
    padding-left: 12px;
    background: var(--bg);
  }
  .matches .button {
    height: 24px;
  }
  heat-legend {
    position: sticky;
    z-index: 1;
    bottom: 0;
    margin-top: auto;
    padding: 11px 0;
    border-top: 1px solid var(--line);
    background: var(--bg);
  }
  .room {
    height: 60px;
  }
  @media (max-width: 1179px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
    aside {
      border-top: 1px solid var(--line);
      border-left: 0;
    }
  }
  @media (max-width: 759px) {
    .map .matches {
      position: static;
      justify-content: space-between;
      padding: 0 0 8px;
    }
    heat-legend {
      position: static;
      margin-top: 12px;
    }
    .keys {
      display: none;
    }
    .metrics {
      flex: 1 0 100%;
    }
    .metrics button {
      flex: 1;
      height: 42px;
      padding: 0 4px;
    }
    .head {
      padding: 10px 0;
    }
    .end {
      flex: 1 0 100%;
      flex-wrap: nowrap;
      gap: 8px;
    }
    .choice {
      flex: 1;
      min-width: 0;
    }
    select {
      width: 100%;
      height: 44px;
      font-size: 16px; /* smaller makes phones zoom in */
      text-overflow: ellipsis;
    }
    .choice svg {
      top: 16px;
    }
    .view,
    .matches .button {
      height: 44px;
    }
  }
`;
