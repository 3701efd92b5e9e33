/** How the form of a request looks. */

import { css } from 'lit';

export const formStyles = css`
  :host {
    display: block;
  }
  fieldset {
    display: grid;
    grid-template-columns: 136px minmax(0, 1fr);
    margin: 0;
    padding: 14px 0;
    border: 0;
    border-bottom: 1px solid var(--line);
  }
  legend {
    float: left;
    padding: 5px 0;
    font-weight: 600;
  }
  .content {
    grid-column: 2;
    min-width: 0;
  }
  .cards {
    display: grid;
    grid-template-columns: repeat(3, minmax(0, 1fr));
    gap: 8px;
  }
  .cards.four {
    grid-template-columns: repeat(4, minmax(0, 1fr));
  }
  .card {
    display: flex;
    gap: 8px;
    padding: 7px 10px;
    border: 1px solid var(--ctl);
    border-radius: 6px;
    cursor: pointer;
  }
  .card.on {
    border-color: var(--acc);
    background: var(--accbg);
    box-shadow: inset 0 0 0 1px var(--acc);
  }
  .card.off {
    border-color: var(--line2);
    background: var(--sub);
    color: var(--t3);
    cursor: default;
  }
  .card:has(:focus-visible) {
    outline: 2px solid var(--acc);
    outline-offset: 1px;
  }
  .card input {
    flex: none;
    width: 14px;
    height: 14px;
    margin: 2px 0 0;
    outline: 0;
    accent-color: var(--accsolid);
  }
  .card b {
    display: block;
    font-weight: 500;
  }
  small {
    display: block;
    color: var(--t3);
    font: 11px/15px var(--font);
  }
  .card.on small {
    color: var(--t2);
  }
  .segments {
    display: inline-flex;
    margin-bottom: 10px;
    border: 1px solid var(--ctl);
    border-radius: 5px;
    overflow: hidden;
  }
  .segments button {
    height: 26px;
    padding: 0 12px;
    border: 0;
    border-left: 1px solid var(--line2);
    background: none;
    color: var(--t2);
  }
  .segments button:first-child {
    border-left: 0;
  }
  .segments button[aria-pressed='true'] {
    background: var(--accbg);
    box-shadow: inset 0 -2px 0 var(--acc);
    color: var(--acc);
    font-weight: 600;
  }
  .segments button:focus-visible {
    outline-offset: -2px;
  }
  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(132px, 1fr));
    gap: 10px;
  }
  .field {
    display: block;
    color: var(--t2);
    font-size: 12px;
  }
  .field.wide {
    grid-column: 1 / -1;
  }
  input[type='text'],
  select {
    display: block;
    width: 100%;
    height: 32px;
    margin-top: 3px;
    padding: 0 10px;
    border: 1px solid var(--ctl);
    border-radius: 5px;
    background: var(--bg);
    color: var(--t1);
    font-size: 13px;
  }
  select {
    padding: 0 6px;
  }
  input::placeholder {
    color: var(--t3);
    opacity: 1;
  }
  [aria-invalid='true'] {
    border-color: var(--critmark) !important;
    box-shadow: inset 0 0 0 1px var(--critmark);
  }
  .fault {
    display: block;
    margin-top: 3px;
    color: var(--crit);
    font: 12px/16px var(--font);
  }
  .pills {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px;
  }
  .fields + .pills {
    margin-top: 10px;
  }
  .pill {
    height: 26px;
    padding: 0 11px;
    border: 1px solid var(--ctl);
    border-radius: 13px;
    background: var(--bg);
    color: var(--t2);
  }
  .pill[aria-pressed='true'] {
    border-color: var(--acc);
    background: var(--accbg);
    box-shadow: inset 0 0 0 1px var(--acc);
    color: var(--acc);
    font-weight: 500;
  }
  .unit {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--t3);
  }
  .unit input[type='text'] {
    width: 64px;
    height: 28px;
    margin: 0 0 0 6px;
  }
  .note {
    margin: 0;
    padding: 5px 0;
    color: var(--t3);
    font-size: 12px;
  }
  .tick {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    padding: 5px 0;
  }
  .tick input {
    width: 15px;
    height: 15px;
    margin: 0;
    accent-color: var(--accsolid);
  }
  .quotas {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(220px, 1fr));
    gap: 8px 24px;
  }
  .quotas p {
    display: flex;
    justify-content: space-between;
    gap: 8px;
    margin: 5px 0 4px;
    color: var(--t2);
    font-size: 12px;
  }
  .bar {
    display: block;
    height: 5px;
    border-radius: 2px;
    background: var(--inset);
    overflow: hidden;
  }
  .bar i {
    display: block;
    width: var(--share);
    height: 100%;
    background: var(--use);
  }
  .over p {
    color: var(--crit);
  }
  .over .bar i {
    background: var(--critmark);
  }
  .wait {
    display: block;
    width: 220px;
    height: 12px;
    margin: 8px 0;
  }
  details {
    padding: 10px 0 16px;
  }
  summary {
    width: max-content;
    max-width: 100%;
    padding: 4px 0;
    border-radius: 3px;
    color: var(--acc);
    cursor: pointer;
  }
  details .fields {
    margin: 6px 0 0 136px;
  }
  @media (max-width: 759px) {
    fieldset {
      grid-template-columns: minmax(0, 1fr);
      padding: 10px 0 12px;
    }
    legend {
      padding: 0 0 6px;
    }
    .content {
      grid-column: 1;
    }
    .cards.four {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .card {
      align-items: center;
      min-height: 44px;
      padding: 5px 8px;
    }
    .cards:not(.four) small {
      display: none;
    }
    .segments {
      display: flex;
    }
    .segments button {
      flex: 1;
      height: 44px;
      padding: 0 4px;
    }
    input[type='text'],
    select {
      height: 44px;
      font-size: 16px; /* smaller makes phones zoom in */
    }
    .unit input[type='text'] {
      height: 44px;
    }
    .pill {
      height: 36px;
      min-width: 44px;
      border-radius: 18px;
    }
    .tick,
    summary {
      min-height: 44px;
      display: flex;
      align-items: center;
    }
    details .fields {
      margin-left: 0;
    }
  }
`;
