/** How the columns of the device table look. */

import { css } from 'lit';

export const deviceTableStyles = css`
  :host {
    display: block;
  }
  th.check,
  td.check {
    width: 44px;
    padding-right: 0;
  }
  td.check label,
  th.check label {
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
  th.node {
    width: 10%;
  }
  th.gpu {
    width: 68px;
  }
  th.gpu.alone {
    width: 12%;
  }
  th.model {
    width: 10%;
  }
  th.trend {
    width: 110px;
  }
  th.utilization {
    width: 124px;
  }
  th.memory,
  th.power {
    width: 160px;
  }
  th.temperature {
    width: 78px;
  }
  th.status {
    width: 14%;
  }
  th.status,
  td.status {
    padding-left: 20px;
  }
  th.pci {
    width: 136px;
  }
  th.uuid {
    width: 162px;
  }
  td.node a,
  td.gpu a.name {
    font-weight: 500;
  }
  td.node a.again {
    color: var(--t3);
    font-weight: 400;
  }
  tr.current td.node a.again,
  tr.selected td.node a.again {
    color: var(--t2);
  }
  td.model,
  td.status {
    color: var(--t2);
  }
  td.status .badge {
    vertical-align: middle;
  }
  td.trend {
    padding-top: 4px;
    padding-bottom: 4px;
  }
  td.utilization .meter {
    width: calc(100% - 54px);
    max-width: 140px;
  }
  td.memory .meter {
    width: calc(100% - 104px);
    max-width: 110px;
  }
  td.power .meter {
    width: calc(100% - 104px);
    max-width: 96px;
  }
  td .value {
    display: inline-block;
    min-width: 26px;
    text-align: right;
  }
  td .dim {
    white-space: pre;
  }
  td.pci {
    color: var(--t2);
    font: 11.5px/17px var(--mono);
  }
  .copy {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 24px;
    margin-left: -4px;
    padding: 0 4px;
    border: 0;
    border-radius: 3px;
    background: none;
    color: var(--t2);
    font: 11.5px/17px var(--mono);
  }
  .copy svg {
    width: 13px;
    height: 13px;
    opacity: 0;
  }
  tr:hover .copy svg,
  tr.current .copy svg,
  .copy:focus-visible svg {
    opacity: 1;
  }
  .copy:hover {
    background: var(--inset);
    color: var(--t1);
  }
  .copy:focus-visible {
    outline-offset: -2px;
  }
  @media (max-width: 1239px) {
    th.node,
    th.model {
      width: 14%;
    }
    th.utilization,
    th.memory,
    th.power {
      width: 112px;
    }
    td.power .meter,
    td.memory .meter {
      display: none;
    }
  }
  @media (max-width: 959px) {
    th.node,
    th.status {
      width: 20%;
    }
  }
`;
