/** How the page of one allocation looks. */

import { css } from 'lit';

export const allocationPageStyles = css`
  :host {
    display: block;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    align-items: flex-end;
    gap: 8px 24px;
    padding: 10px 20px;
    border-bottom: 1px solid var(--line);
  }
  .names {
    flex: 1;
    min-width: 0;
  }
  .path {
    display: flex;
    align-items: center;
    gap: 6px;
    min-height: 20px;
    color: var(--t2);
    font-size: 12px;
  }
  .path a {
    color: var(--acc);
    text-decoration: none;
  }
  .path svg {
    width: 10px;
    height: 10px;
    color: var(--t3);
    rotate: -90deg;
  }
  .title {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px 10px;
    min-height: 32px;
    color: var(--t2);
  }
  h1 {
    margin: 0;
    color: var(--t1);
    font: 600 20px/26px var(--font);
    overflow-wrap: anywhere;
  }
  h2 {
    margin: 0 0 6px;
    font: 600 13px/18px var(--font);
  }
  .reason {
    overflow-wrap: anywhere;
  }
  .acts {
    display: flex;
    flex-wrap: wrap;
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
  .locked {
    display: flex;
    align-items: center;
    gap: 6px;
    margin: 0;
    color: var(--t2);
    font-size: 12px;
  }
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
  }
  .columns > div + div {
    border-left: 1px solid var(--line);
  }
  section {
    padding: 12px 20px 16px;
  }
  section + section {
    border-top: 1px solid var(--line);
  }
  dl {
    display: grid;
    grid-template-columns: 128px minmax(0, 1fr);
    margin: 0;
  }
  dt,
  dd {
    min-height: 29px;
    margin: 0;
    padding: 5px 0;
    border-bottom: 1px solid var(--line);
    font: 12.5px/18px var(--font);
    overflow-wrap: anywhere;
  }
  dt {
    color: var(--t3);
  }
  .copied {
    display: flex;
    align-items: center;
    gap: 6px;
  }
  copy-button {
    margin: -4px 0;
  }
  code {
    font: 12px/18px var(--mono);
  }
  .dim {
    color: var(--t3);
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
    padding: 6px 0;
    border-top: 1px solid var(--line);
  }
  td a {
    color: var(--acc);
    text-decoration: none;
  }
  td a:hover,
  .path a:hover {
    text-decoration: underline;
  }
  .right {
    text-align: right;
  }
  p {
    margin: 0 0 4px;
    color: var(--t2);
  }
  ol,
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 10px;
    padding: 5px 0;
    border-top: 1px solid var(--line);
  }
  li b {
    font-weight: 500;
  }
  li time {
    min-width: 84px;
    color: var(--t3);
  }
  li span {
    color: var(--t2);
    overflow-wrap: anywhere;
  }
  li .dim {
    color: var(--t3);
  }
  .wait {
    display: inline-block;
    width: 200px;
    height: 18px;
  }
  .nothing {
    max-width: 560px;
    margin: 20px;
    padding: 12px 14px;
    border: 1px solid var(--line2);
    border-radius: 6px;
  }
  .nothing h1 {
    font: 600 15px/20px var(--font);
  }
  .nothing a {
    color: inherit;
    text-decoration: none;
  }
  .nothing p {
    margin: 2px 0 10px;
    overflow-wrap: anywhere;
  }
  @media (max-width: 959px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
    .columns > div + div {
      border-top: 1px solid var(--line);
      border-left: 0;
    }
  }
  @media (max-width: 759px) {
    .head,
    section {
      padding-right: 16px;
      padding-left: 16px;
    }
    .path a {
      display: inline-flex;
      align-items: center;
      min-height: 44px;
    }
    .button {
      height: 44px;
    }
    copy-button {
      margin: -14px 0;
    }
    td a {
      display: inline-flex;
      align-items: center;
      min-height: 32px;
    }
  }
`;
