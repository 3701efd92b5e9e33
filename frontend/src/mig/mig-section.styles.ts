import { css } from 'lit';

export const migSectionStyles = css`
  :host {
    display: block;
  }
  section {
    padding: 12px 20px 16px;
    border-bottom: 1px solid var(--line);
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 12px;
    align-items: center;
    min-height: 28px;
  }
  h2,
  h3 {
    margin: 0;
    font: 600 13px/18px var(--font);
  }
  h3 {
    margin: 14px 0 4px;
  }
  .used {
    flex: 1;
    min-width: 200px;
    color: var(--t2);
    font-size: 12px;
  }
  .fragmentation {
    display: inline-flex;
    gap: 8px;
    align-items: center;
    color: var(--t2);
    font-size: 12px;
  }
  .fragmentation b {
    color: var(--t1);
    font-size: 13px;
  }
  .marks {
    display: flex;
    gap: 1px;
  }
  .marks i {
    width: 18px;
    height: 7px;
    border-radius: 1px;
    background: var(--inset);
  }
  .marks .lost {
    background: var(--idle);
  }
  .head a {
    color: inherit;
    text-decoration: none;
  }
  .say,
  .none,
  .why {
    margin: 0;
    color: var(--t2);
  }
  .bar {
    margin-top: 8px;
  }
  .bar .why {
    margin: 6px 0 0;
    font-size: 12px;
  }
  summary {
    min-height: 24px;
    color: var(--acc);
    font: 12px/24px var(--font);
    cursor: pointer;
  }
  .tables {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr));
    gap: 0 32px;
    align-items: start;
  }
  .scrolls {
    position: relative; /* what is hidden in it scrolls with it */
    overflow-x: auto;
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font: 12.5px/17px var(--font);
  }
  th,
  td {
    height: 29px;
    padding: 5px 12px 5px 0;
    border-bottom: 1px solid var(--line);
    font-weight: 400;
    text-align: left;
    vertical-align: top;
    white-space: nowrap;
  }
  thead th {
    color: var(--t3);
    font-size: 12px;
  }
  tbody th {
    font-weight: 500;
  }
  .now,
  .idle,
  .memory {
    text-align: right;
  }
  td.uuid {
    font: 12px/17px var(--mono);
  }
  td.uuid copy-button {
    margin: -4px 0;
    vertical-align: middle;
  }
  .ready {
    display: inline-flex;
    gap: 4px;
    align-items: center;
    color: var(--t2);
  }
  .ready svg {
    width: 12px;
    height: 12px;
  }
  @media (max-width: 759px) {
    section {
      padding: 12px 16px;
    }
    .head .button {
      height: 44px;
    }
  }
`;
