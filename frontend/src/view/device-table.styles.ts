/** How the table and the phone's list look. */

import { css } from 'lit';

export const deviceTableStyles = css`
  :host {
    display: block;
  }
  .toolbar {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 48px;
    padding: 0 20px;
  }
  h1 {
    margin: 0;
    font: 600 15px/20px var(--font);
  }
  .count {
    min-width: 40px;
    margin-left: -2px;
    color: var(--t3);
  }
  .filter {
    display: flex;
    align-items: center;
    gap: 7px;
    width: 280px;
    height: 28px;
    padding: 0 5px 0 8px;
    border: 1px solid var(--ctl);
    border-radius: 5px;
    color: var(--t3);
  }
  .filter:focus-within {
    outline: 2px solid var(--acc);
    outline-offset: 0;
    border-color: transparent;
  }
  .filter svg {
    width: 14px;
    height: 14px;
  }
  input {
    flex: 1;
    min-width: 0;
    padding: 0;
    border: 0;
    outline: 0;
    background: none;
    color: var(--t1);
  }
  input::placeholder {
    color: var(--t3);
    opacity: 1;
  }
  .choice {
    position: relative;
  }
  .choice svg {
    position: absolute;
    top: 50%;
    right: 8px;
    width: 12px;
    height: 12px;
    margin-top: -6px;
    color: var(--t3);
    pointer-events: none;
  }
  select {
    width: 100%;
    height: 28px;
    padding: 0 28px 0 10px;
    appearance: none;
    border: 1px solid var(--line2);
    border-radius: 5px;
    background: var(--bg);
    font-weight: 500;
  }
  .legend {
    display: flex;
    gap: 16px;
    margin: 0 0 0 auto;
    padding: 0;
    color: var(--t2);
    font: 12px/16px var(--font);
    list-style: none;
    white-space: nowrap;
  }
  .legend li {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  .legend b {
    font-weight: 600;
    color: var(--t1);
  }
  .legend i {
    width: 10px;
    height: 10px;
    border-radius: 2px;
  }
  .legend .busy {
    background: var(--use);
  }
  .legend .quiet {
    background: var(--free);
  }
  .legend .nodata {
    border: 1px dashed var(--ctl);
  }
  .legend .out {
    background: repeating-linear-gradient(135deg, var(--out) 0 2px, var(--inset) 2px 4px);
  }
  .legend .unhealthy {
    background: var(--critmark);
  }

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
    padding: 0 10px;
    border-top: 1px solid var(--line);
    border-bottom: 1px solid var(--line);
    background: var(--sub);
    color: var(--t2);
    font-weight: 500;
    text-align: left;
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
    margin: 0 -4px;
    padding: 2px 4px;
    border: 0;
    border-radius: 3px;
    background: none;
    font-weight: 500;
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
    padding: 0 10px;
    border-bottom: 1px solid var(--line);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  tbody tr.starts td {
    box-shadow: inset 0 1px 0 var(--line2);
  }
  tbody tr:hover td {
    background: var(--sub);
  }
  tbody tr.current td {
    background: var(--accbg);
  }
  tbody tr:focus-visible {
    outline-offset: -2px;
  }
  tr.spacer td {
    height: var(--height);
    padding: 0;
    border: 0;
    background: none;
  }
  tr.faded td:not(.node, .index, .model, .status, .uuid) {
    opacity: 0.45;
  }
  th:first-child,
  td:first-child {
    padding-left: 20px;
  }
  th.node {
    width: 13%;
  }
  th.index {
    width: 52px;
  }
  th.model {
    width: 14%;
  }
  th.trend {
    width: 124px;
  }
  th.temperature {
    width: 82px;
  }
  th.status {
    width: 136px;
  }
  th.uuid {
    width: 168px;
  }
  td.node {
    font-weight: 600;
  }
  td.node .again {
    font-weight: 400;
    color: var(--t3);
  }
  td.model,
  td.status {
    color: var(--t2);
  }
  td.trend {
    padding-top: 4px;
    padding-bottom: 4px;
  }
  td.utilization,
  td.memory,
  td.power {
    padding-left: 10px;
  }
  .meter {
    display: inline-block;
    width: 72px;
    height: 8px;
    margin-right: 10px;
    border-radius: 2px;
    background: var(--inset);
    vertical-align: middle;
    overflow: hidden;
  }
  .meter i {
    display: block;
    width: var(--share);
    height: 100%;
    background: var(--use);
  }
  .meter.unknown {
    background: none;
    border: 1px dashed var(--line2);
  }
  td.utilization .meter {
    width: calc(100% - 54px);
    max-width: 160px;
  }
  td.memory .meter {
    width: calc(100% - 108px);
    max-width: 120px;
  }
  td.power .meter {
    width: calc(100% - 104px);
    max-width: 96px;
  }
  .heat.hot {
    font-weight: 600;
  }
  td .value {
    display: inline-block;
    min-width: 26px;
    text-align: right;
  }
  .of {
    color: var(--t3);
    white-space: pre;
  }
  .heat {
    display: inline-flex;
    align-items: center;
    gap: 7px;
  }
  .heat i {
    background: var(--heat);
    width: 8px;
    height: 8px;
    border-radius: 2px;
    box-shadow: inset 0 0 0 1px rgb(128 128 128 / 25%);
  }
  .copy {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 2px 4px;
    margin-left: -4px;
    border: 0;
    border-radius: 3px;
    background: none;
    color: var(--t3);
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

  .loading {
    border-top: 1px solid var(--line);
  }
  .skeletons {
    display: flex;
    align-items: center;
    gap: 32px;
    height: 29px;
    padding: 0 20px;
    border-bottom: 1px solid var(--line);
    overflow: hidden;
  }
  .skeletons .skeleton {
    width: var(--width);
    height: 10px;
  }
  .message {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 16px;
    margin: 8px 20px;
    padding: 12px 16px;
    border: 1px solid var(--line2);
    border-radius: 6px;
  }
  .message p {
    margin: 2px 0 0;
    color: var(--t2);
  }

  .list {
    margin: 0;
    padding: 0;
    border-top: 1px solid var(--line);
    list-style: none;
  }
  .list .spacer {
    height: var(--height);
  }
  .item {
    height: 60px;
    padding: 10px 16px 0;
    border-bottom: 1px solid var(--line);
  }
  .item.faded .meter,
  .item.faded .second {
    opacity: 0.5;
  }
  .line {
    display: flex;
    align-items: center;
    gap: 10px;
    height: 20px;
  }
  .line .name {
    flex: 1;
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .line b {
    font-weight: 600;
  }
  .line .meter {
    width: 84px;
    margin: 0;
  }
  .line .number {
    width: 36px;
    text-align: right;
  }
  .second {
    color: var(--t3);
    font: 12px/16px var(--font);
    white-space: nowrap;
  }
  .second .small {
    min-width: 48px;
    text-align: right;
  }

  @media (max-width: 1179px) {
    .trend,
    .uuid {
      display: none;
    }
    .legend {
      display: none;
    }
  }
  @media (max-width: 919px) {
    td.power .meter,
    td.memory .meter {
      display: none;
    }
  }
  @media (max-width: 759px) {
    .toolbar {
      flex-wrap: wrap;
      gap: 8px;
      padding: 12px 16px;
    }
    .filter {
      flex: 1;
      width: auto;
      height: 44px;
    }
    .filter kbd {
      display: none;
    }
    input {
      font-size: 16px; /* smaller makes phones zoom in */
    }
    .choice {
      flex: 1 0 40%;
    }
    select {
      height: 44px;
    }
    .count {
      min-width: 0;
      margin-right: 8px;
    }
  }
`;
