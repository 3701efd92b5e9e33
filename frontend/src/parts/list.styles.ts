/** How lists look: their toolbar, their messages, the phone's rows. */

import { css } from 'lit';

/** The two lines over a list: what it is, then its filters. */
export const toolbarStyles = css`
  .heading,
  .filters {
    display: flex;
    align-items: center;
    flex-wrap: wrap;
    gap: 8px;
    padding: 0 20px;
  }
  .heading {
    min-height: 48px;
    padding-top: 8px;
  }
  .filters {
    min-height: 48px;
    padding-bottom: 4px;
  }
  h1 {
    margin: 0;
    font: 600 15px/20px var(--font);
  }
  .count {
    margin-left: 4px;
    color: var(--t2);
  }
  .count b {
    color: var(--t1);
    font-weight: 600;
  }
  .end {
    display: flex;
    align-items: center;
    gap: 8px;
    margin-left: auto;
    color: var(--t2);
    font: 12px/16px var(--font);
    white-space: nowrap;
  }
  .keys {
    display: flex;
    gap: 5px;
    margin-right: 8px;
    color: var(--t3);
  }
  .link {
    height: 28px;
    padding: 0 6px;
    border: 0;
    border-radius: 5px;
    background: none;
    color: var(--acc);
    font-weight: 500;
  }
  .link:hover {
    text-decoration: underline;
  }
  select {
    height: 28px;
    padding: 0 8px;
    border: 1px solid var(--line2);
    border-radius: 5px;
    background: var(--bg);
  }
  @media (max-width: 1179px) {
    .keys {
      display: none;
    }
  }
  @media (max-width: 759px) {
    .heading,
    .filters {
      padding-right: 16px;
      padding-left: 16px;
    }
    filter-field {
      flex: 1 0 100%;
    }
    .filters {
      padding-bottom: 12px;
    }
    .filters .end {
      flex: 1;
    }
    .button,
    select {
      height: 44px;
    }
    select {
      flex: 1;
      font-size: 16px;
    }
  }
`;

/** The phone's list: two lines a row. */
export const phoneListStyles = css`
  .list {
    margin: 0;
    padding: 0;
    border-top: 1px solid var(--line);
    list-style: none;
  }
  .list .spacer {
    height: var(--height);
  }
  .item a {
    display: block;
    height: 60px;
    padding: 10px 16px 0;
    border-bottom: 1px solid var(--line);
    color: inherit;
    text-decoration: none;
  }
  .item a:focus-visible {
    outline-offset: -2px;
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
    width: 40px;
    text-align: right;
  }
  .second {
    color: var(--t2);
    font: 12px/16px var(--font);
    white-space: nowrap;
  }
  .second .small {
    min-width: 48px;
    text-align: right;
  }
  .item.faded .meter {
    opacity: 0.45;
  }
  .item.faded .second {
    color: var(--t3);
  }
`;

/** What stands in place of the rows. */
export const listMessageStyles = css`
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
    gap: 12px;
    margin: 8px 20px;
    padding: 12px 16px;
    border: 1px solid var(--line2);
    border-radius: 6px;
  }
  .message > svg {
    color: var(--t3);
  }
  .message div {
    flex: 1;
    min-width: 0;
  }
  .message strong {
    font-weight: 600;
  }
  .message p {
    margin: 2px 0 0;
    color: var(--t2);
  }
`;
