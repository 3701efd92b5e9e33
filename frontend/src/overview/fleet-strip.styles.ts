/** How the strip looks: seven figures over a bar of 5 px. */

import { css } from 'lit';

export const fleetStripStyles = css`
  :host {
    display: block;
  }
  .figures {
    display: grid;
    grid-template-columns: repeat(7, 1fr);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    min-width: 0;
    border-right: 1px solid var(--line);
  }
  li:last-child {
    border-right: 0;
  }
  .figure {
    position: relative;
    display: flex;
    flex-direction: column;
    height: 79px;
    padding: 10px 16px 0;
    overflow: hidden;
    color: inherit;
    text-decoration: none;
    white-space: nowrap;
  }
  li:first-child .figure {
    padding-left: 20px;
  }
  a.figure:hover {
    background: var(--sub);
  }
  a.figure:focus-visible {
    outline-offset: -2px;
  }
  .label {
    display: flex;
    align-items: center;
    gap: 6px;
    color: var(--t2);
    font: 12px/16px var(--font);
  }
  .label svg {
    width: 13px;
    height: 13px;
  }
  .label.crit svg {
    color: var(--critmark);
  }
  .value {
    font: 600 22px/27px var(--font);
    letter-spacing: -0.01em;
  }
  .unit {
    color: var(--t2);
    font: 400 13px/18px var(--font);
    letter-spacing: 0;
  }
  .narrow {
    display: none;
  }
  .second {
    overflow: hidden;
    color: var(--t3);
    font: 12px/16px var(--font);
    text-overflow: ellipsis;
  }
  .second.idle {
    color: var(--warn);
    font-weight: 500;
  }
  .second.crit {
    color: var(--crit);
    font-weight: 500;
  }
  .spark {
    position: absolute;
    top: 26px;
    right: 14px;
    display: grid;
    justify-items: end;
    color: var(--t3);
    font: 11px/15px var(--font);
  }
  .spark.idle spark-line {
    color: var(--idle);
  }
  .old .value {
    color: var(--t3);
  }
  .bar {
    display: flex;
    gap: 1px;
    height: 5px;
    background: var(--bg);
  }
  .bar i {
    flex: var(--count) 0 0;
    min-width: 4px;
  }
  .use {
    background: var(--use);
  }
  .bar .held {
    background: var(--idle);
  }
  .bar .free {
    background: var(--free);
  }
  .nodata {
    background: repeating-linear-gradient(90deg, var(--line2) 0 3px, var(--inset) 3px 6px);
  }
  .out {
    background: repeating-linear-gradient(135deg, var(--out) 0 2px, var(--inset) 2px 5px);
  }
  .bar .unhealthy {
    background: var(--critmark);
  }
  .bar .unknown {
    flex: 1;
    background: var(--inset);
  }
  @media (max-width: 1399px) {
    .spark {
      display: none;
    }
  }
  @media (max-width: 1023px) {
    .figures {
      grid-template-columns: repeat(4, 1fr);
    }
    li {
      border-bottom: 1px solid var(--line);
    }
    li:nth-child(4n + 1) .figure {
      padding-left: 20px;
    }
  }
  @media (max-width: 759px) {
    .figures {
      grid-template-columns: repeat(3, 1fr);
    }
    li:first-child {
      display: none; /* the phone shows six; the total stands in the bar and in the list */
    }
    .figure {
      height: 71px;
      padding: 8px 8px 0 12px;
    }
    li:nth-child(3n + 2) .figure {
      padding-left: 16px;
    }
    li:nth-child(3n + 1) {
      border-right: 0;
    }
    li:nth-child(n + 5) {
      border-bottom: 0;
    }
    .value {
      font-size: 20px;
      line-height: 26px;
    }
    .second,
    .label {
      font-size: 11.5px;
    }
    .wide {
      display: none;
    }
    .narrow {
      display: inline;
    }
  }
`;
