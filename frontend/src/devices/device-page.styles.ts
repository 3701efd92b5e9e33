import { css } from 'lit';

/** Also those of the node page: both are a head, an identity, charts and a list. */
export const detailStyles = css`
  :host {
    display: block;
  }
  .head {
    display: flex;
    gap: 12px 24px;
    align-items: flex-end;
    padding: 10px 20px 0;
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
    font-size: 12px;
    color: var(--t2);
  }
  .path a,
  .notice a {
    color: var(--acc);
    text-decoration: none;
  }
  .path a:hover,
  .notice a:hover {
    text-decoration: underline;
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
  }
  h1 {
    margin: 0;
    font: 600 20px/26px var(--font);
  }
  .reason {
    color: var(--t2);
    overflow-wrap: anywhere;
  }
  .step {
    min-width: 22px;
    height: 22px;
    padding: 0 4px;
    border: 1px solid var(--line2);
    border-radius: 4px;
    background: var(--bg);
    color: var(--t2);
    font: 12px/18px var(--font);
  }
  .step[aria-disabled='true'] {
    color: var(--t3);
    cursor: default;
    opacity: 0.55;
  }
  .steps {
    display: flex;
    align-items: center;
    gap: 4px;
    color: var(--t3);
    font-size: 12px;
  }
  .strip {
    flex: none;
    padding-left: 16px;
    border-left: 1px solid var(--line);
  }
  .strip p {
    margin: 0 0 2px;
    color: var(--t3);
    font-size: 11px;
    text-align: right;
  }
  device-actions {
    padding-bottom: 2px;
  }
  .identity {
    min-height: 44px;
    padding: 10px 20px;
    border-bottom: 1px solid var(--line);
  }
  .notice {
    margin: 0;
    padding: 8px 20px;
    border-bottom: 1px solid var(--line);
    background: var(--sub);
    color: var(--t2);
  }
  .list {
    padding: 12px 20px 20px;
  }
  .list h2 {
    margin: 0 0 4px;
    font: 600 13px/18px var(--font);
  }
  .list p {
    margin: 0;
    color: var(--t3);
  }
  .list ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .list li {
    display: flex;
    gap: 10px;
    padding: 5px 0;
    border-top: 1px solid var(--line);
  }
  .list li time {
    flex: none;
    width: 84px;
    color: var(--t3);
  }
  .list li span {
    color: var(--t2);
    overflow-wrap: anywhere;
  }
  .diamond {
    flex: none;
    width: 7px;
    height: 7px;
    margin: 6px 2px 0 0;
    background: var(--t2);
    rotate: 45deg;
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
    color: var(--t2);
    overflow-wrap: anywhere;
  }
  .wait {
    display: inline-block;
    height: 18px;
    vertical-align: middle;
  }
  .wait-120 {
    width: 120px;
  }
  .wait-200 {
    width: 200px;
  }
  .wait-420 {
    width: min(420px, 90%);
  }
  @media (max-width: 1179px) {
    .head {
      flex-wrap: wrap;
    }
    .names {
      flex-basis: 100%;
    }
    .strip {
      padding-left: 0;
      border-left: 0;
    }
    .strip p {
      text-align: left;
    }
  }
  @media (max-width: 759px) {
    .head {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      padding: 8px 16px 0;
    }
    .identity {
      padding: 8px 16px;
    }
    .steps {
      display: none;
    }
    .path a {
      display: inline-flex;
      align-items: center;
      min-height: 44px;
    }
    .list,
    .notice {
      padding-right: 16px;
      padding-left: 16px;
    }
  }
`;
