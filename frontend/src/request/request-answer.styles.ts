/** How the answer to a request looks: at the side, on a phone as a sheet. */

import { css } from 'lit';

export const answerStyles = css`
  :host {
    display: block;
  }
  .old {
    opacity: 0.6;
  }
  .head {
    padding: 14px 24px 12px;
    border-bottom: 1px solid var(--line);
  }
  .line {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
  }
  .state {
    display: flex;
    align-items: center;
    gap: 7px;
    margin: 0;
    min-height: 20px;
    color: var(--t2);
    font-weight: 600;
  }
  .state.ok {
    color: var(--ok);
  }
  .state.crit {
    color: var(--crit);
  }
  .state.warn {
    color: var(--warn);
  }
  .age {
    color: var(--t3);
    font-size: 12px;
    white-space: nowrap;
  }
  h2 {
    margin: 6px 0 2px;
    font: 600 20px/26px var(--font);
    overflow-wrap: anywhere;
  }
  .second {
    margin: 2px 0 0;
    color: var(--t2);
  }
  place-strip {
    margin-top: 10px;
  }
  .cost {
    display: flex;
    align-items: baseline;
    gap: 8px;
    margin: 10px 0 0;
  }
  .cost dt {
    color: var(--t3);
    font-size: 12px;
  }
  .cost dd {
    margin: 0;
    font-weight: 600;
  }
  .cost dd span {
    color: var(--t3);
    font-size: 12px;
    font-weight: 400;
  }
  .warned {
    display: flex;
    gap: 7px;
    margin: 8px 0 0;
    padding: 5px 8px;
    border-radius: 5px;
    background: var(--warnbg);
    color: var(--warn);
  }
  section {
    padding: 12px 24px;
    border-bottom: 1px solid var(--line);
  }
  section:last-child {
    border-bottom: 0;
  }
  h3 {
    display: flex;
    justify-content: space-between;
    gap: 12px;
    margin: 0 0 6px;
    font: 600 13px/18px var(--font);
  }
  h3 span {
    color: var(--t3);
    font-size: 12px;
    font-weight: 400;
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .parts li {
    display: grid;
    grid-template-columns: 112px 104px 44px minmax(0, 1fr);
    gap: 4px 10px;
    align-items: start;
    padding: 3px 0;
  }
  .parts .bar {
    height: 7px;
    margin-top: 6px;
    border-radius: 2px;
    background: var(--inset);
    overflow: hidden;
  }
  .parts .bar i {
    display: block;
    width: var(--share);
    height: 100%;
    background: var(--use);
  }
  .parts b {
    font-weight: 600;
    text-align: right;
  }
  .meaning {
    color: var(--t2);
    font: 12px/18px var(--font);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font: 12.5px/17px var(--font);
  }
  th {
    padding: 0 0 4px;
    color: var(--t3);
    font-weight: 400;
    text-align: left;
  }
  td {
    padding: 5px 0;
    border-top: 1px solid var(--line);
  }
  .right {
    text-align: right;
  }
  .checks li {
    display: grid;
    grid-template-columns: 148px minmax(0, 1fr);
    gap: 10px;
    padding: 5px 0;
    border-top: 1px solid var(--line);
    font: 12.5px/17px var(--font);
  }
  .checks .step {
    display: flex;
    gap: 7px;
    color: var(--t2);
  }
  .checks .ok svg {
    color: var(--okmark);
  }
  .checks .warn svg {
    color: var(--warnmark);
  }
  .checks .crit svg,
  .checks .crit .step {
    color: var(--crit);
  }
  .checks .crit span {
    font-weight: 600;
  }
  .way {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 12px;
    margin-top: 8px;
    padding: 9px 12px;
    border: 1px solid var(--line2);
    border-radius: 6px;
  }
  .way b {
    font-weight: 600;
  }
  .way p {
    margin: 1px 0 0;
    color: var(--t2);
    font: 12px/16px var(--font);
  }
  .way .button {
    flex: none;
    color: inherit;
    text-decoration: none;
  }
  .again {
    margin: 12px 24px;
  }
  @media (max-width: 759px) {
    .head {
      padding: 4px 16px 8px;
      border-bottom: 0;
    }
    h2 {
      margin: 2px 0;
      font: 600 16px/21px var(--font);
    }
    .head .second {
      font: 12px/16px var(--font);
    }
    place-strip {
      margin-top: 6px;
    }
    .cost {
      margin-top: 6px;
    }
    section {
      padding: 10px 16px;
    }
    .rest {
      display: none;
    }
    :host([open]) .rest {
      display: block;
    }
    .parts li {
      grid-template-columns: 96px minmax(0, 1fr) 44px;
    }
    .parts .meaning {
      grid-column: 1 / -1;
    }
    .checks li {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
    }
    .way .button {
      height: 44px;
    }
    .again {
      height: 44px;
      margin: 4px 16px 8px;
    }
  }
`;
