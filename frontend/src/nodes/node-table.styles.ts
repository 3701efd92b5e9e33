/** How the columns of the node table look. */

import { css } from 'lit';

export const nodeTableStyles = css`
  :host {
    display: block;
  }
  td.node a {
    font-weight: 500;
  }
  td.second {
    color: var(--t2);
  }
  th.node {
    width: 150px;
  }
  th.gpus {
    width: 60px;
  }
  th.strip {
    width: 144px;
    padding-left: 16px;
  }
  td.strip-cell {
    padding-left: 16px;
  }
  th.status {
    width: 92px;
  }
  th.allocated {
    width: 82px;
  }
  th.free {
    width: 60px;
  }
  th.out {
    width: 104px;
  }
  th.utilization,
  th.memory {
    width: 120px;
    padding-left: 20px;
  }
  td.utilization,
  td.memory {
    padding-left: 20px;
  }
  th.power {
    width: 76px;
  }
  th.driver {
    width: 100px;
    padding-left: 20px;
  }
  td.driver {
    padding-left: 20px;
  }
  th.ip,
  th.source {
    width: 116px;
  }
  th.report {
    width: 108px;
  }
  td .meter {
    width: calc(100% - 46px);
    max-width: 120px;
  }
  td b {
    font-weight: 600;
  }
  b.unwell {
    color: var(--crit);
  }
`;
