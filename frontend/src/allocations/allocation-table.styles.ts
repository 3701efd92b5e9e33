/** How the columns of the table of allocations look. */

import { css } from 'lit';

export const allocationTableStyles = css`
  :host {
    display: block;
  }
  th.check,
  td.check {
    width: 44px;
    padding-right: 0;
  }
  .check label {
    display: flex;
    align-items: center;
    width: 24px;
    height: 24px;
    cursor: pointer;
  }
  .check input {
    width: 14px;
    height: 14px;
    margin: 0;
    accent-color: var(--accsolid);
  }
  th.workload {
    width: 17%;
  }
  th.owner {
    width: 11%;
  }
  th.resource {
    width: 18%;
  }
  th.where {
    width: 11%;
  }
  th.gpus {
    width: 60px;
  }
  th.utilization {
    width: 138px;
  }
  th.utilization,
  td.utilization {
    padding-left: 16px;
  }
  th.idle {
    width: 74px;
  }
  th.since,
  th.ends {
    width: 84px;
  }
  th.cost {
    width: 78px;
  }
  th.status,
  td.status {
    width: 144px;
    padding-left: 16px;
  }
  th.act,
  td.act {
    width: 96px;
    text-align: right;
  }
  td.workload .name {
    font-weight: 500;
  }
  td.resource {
    font-weight: 500;
  }
  td.where,
  td.since,
  td.ends,
  td.status {
    color: var(--t2);
  }
  td.status .badge {
    vertical-align: middle;
  }
  td.utilization .meter {
    width: 64px;
  }
  td.utilization .number.idle {
    color: var(--warn);
    font-weight: 600;
  }
  .act button {
    height: 24px;
    padding: 0 8px;
    border: 1px solid transparent;
    border-radius: 5px;
    background: none;
    color: var(--t2);
  }
  tr.selected .act button,
  tr:hover .act button,
  .act button:focus-visible {
    border-color: var(--line2);
    background: var(--bg);
    color: var(--t1);
  }
  .act button:focus-visible {
    outline-offset: -2px;
  }
  tr.selected .dim,
  tr.current .dim {
    color: var(--t2);
  }
`;
