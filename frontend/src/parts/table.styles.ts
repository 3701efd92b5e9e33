/** How tables look. */

import { css } from 'lit';

/** The table: a head that stays under the top bar, rows of 29 px. */
export const tableStyles = css`
  table {
    width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    table-layout: fixed;
    font: 12.5px/17px var(--font);
    font-variant-numeric: tabular-nums;
  }
  thead th {
    position: sticky;
    z-index: 1;
    top: 48px;
    height: 29px;
    padding: 0 8px;
    border-top: 1px solid var(--line);
    border-bottom: 1px solid var(--line);
    overflow: hidden;
    background: var(--sub);
    color: var(--t2);
    font-weight: 500;
    text-align: left;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  th.right,
  td.right {
    text-align: right;
  }
  th button {
    display: inline-flex;
    align-items: center;
    gap: 3px;
    max-width: calc(100% + 8px);
    min-height: 24px;
    margin: 0 -4px;
    padding: 2px 4px;
    border: 0;
    border-radius: 3px;
    background: none;
    font-weight: 500;
  }
  th button:focus-visible {
    outline-offset: -2px;
  }
  th button:hover,
  th button.active {
    color: var(--t1);
  }
  th button.active {
    font-weight: 600;
  }
  th button svg {
    width: 12px;
    height: 12px;
  }
  tbody td {
    height: 29px;
    padding: 0 8px;
    border-bottom: 1px solid var(--line);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  tbody tr {
    cursor: pointer;
  }
  tbody tr.starts td {
    box-shadow: inset 0 1px 0 var(--line2);
  }
  tbody tr:hover td {
    background: var(--sub);
  }
  tbody tr.selected td,
  tbody tr.current td {
    background: var(--accbg);
  }
  tbody tr.current td {
    border-bottom-color: var(--acc);
    box-shadow: inset 0 1px 0 var(--acc);
  }
  tr.spacer td {
    height: var(--height);
    padding: 0;
    border: 0;
    background: none;
  }
  tr.faded td.reading {
    color: var(--t3);
  }
  tr.faded .meter,
  tr.faded .heat i,
  tr.faded spark-line {
    opacity: 0.45;
  }
  th:first-child,
  td:first-child {
    padding-left: 20px;
  }
  th:last-child,
  td:last-child {
    padding-right: 20px;
  }
  td a {
    border-radius: 2px;
    color: inherit;
    text-decoration: none;
  }
  td a:hover {
    color: var(--acc);
    text-decoration: underline;
  }
  .dim {
    color: var(--t3);
  }
`;
