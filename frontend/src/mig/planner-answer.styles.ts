import { css } from 'lit';

export const plannerAnswerStyles = css`
  :host {
    display: block;
  }
  .section {
    padding: 12px 16px;
    border-bottom: 1px solid var(--line);
  }
  h2 {
    margin: 0 0 4px;
    font: 600 13px/18px var(--font);
  }
  .head {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 8px;
    align-items: baseline;
  }
  .head > p,
  .old {
    grid-column: 1 / -1;
  }
  .age {
    color: var(--t3);
    font: 11px/15px var(--font);
    text-align: right;
  }
  p {
    margin: 0;
  }
  .hint {
    color: var(--t3);
    font: 12px/17px var(--font);
  }
  .figures {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 18px;
    color: var(--t2);
    font-size: 12px;
  }
  .figures b {
    margin-right: 2px;
    color: var(--t1);
    font: 600 20px/26px var(--font);
  }
  .old {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    align-items: center;
    padding: 6px 8px;
    border-radius: 5px;
    background: var(--warnbg);
    color: var(--warn);
    font-size: 12px;
  }
  .old span {
    flex: 1 1 160px;
  }
  .faded {
    opacity: 0.6;
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .section li {
    display: grid;
    grid-template-columns: 16px minmax(0, 1fr) auto;
    gap: 8px;
    padding: 7px 0;
    border-top: 1px solid var(--line);
  }
  li > svg {
    color: var(--t3);
  }
  li strong {
    font-weight: 500;
    overflow-wrap: anywhere;
  }
  li p {
    color: var(--t2);
    font: 12px/16px var(--font);
    overflow-wrap: anywhere;
  }
  label {
    display: flex;
    gap: 5px;
    align-items: center;
    align-self: start;
    min-height: 24px;
    font-size: 12px;
  }
  input {
    width: 16px;
    height: 16px;
    margin: 4px;
    accent-color: var(--accsolid);
  }
  .fine {
    display: flex;
    gap: 6px;
    align-items: center;
    color: var(--ok);
  }
  dl {
    margin: 0;
  }
  .phases div {
    display: grid;
    grid-template-columns: 96px 1fr 46px;
    gap: 8px;
    align-items: center;
    color: var(--t2);
    font: 12px/18px var(--font);
  }
  dd {
    margin: 0;
    text-align: right;
  }
  .track {
    position: relative;
    height: 8px;
  }
  .track i {
    position: absolute;
    inset: 0 auto 0 var(--from);
    width: max(2px, var(--share));
    border-radius: 2px;
    background: var(--use);
  }
  .track .stop {
    background: var(--idle);
  }
  .rows div {
    display: flex;
    gap: 8px;
    justify-content: space-between;
    padding: 3px 0;
    border-bottom: 1px solid var(--line);
    color: var(--t2);
    font: 12.5px/17px var(--font);
  }
  .rows div:last-child {
    border: 0;
  }
  .rows dd {
    flex: none;
    color: var(--t1);
    font-weight: 600;
  }
  .apply .button {
    margin-bottom: 6px;
  }
  .button[aria-disabled='true'] {
    border-color: var(--line2);
    background: var(--inset);
    color: var(--t3);
    cursor: default;
  }
  .failures {
    margin: 10px 16px;
    padding: 6px 10px;
    border-left: 2px solid var(--critmark);
    background: var(--critbg);
    color: var(--crit);
  }
  @media (max-width: 759px) {
    .button,
    label {
      min-height: 44px;
    }
  }
`;
