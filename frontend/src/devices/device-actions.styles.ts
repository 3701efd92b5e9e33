import { css } from 'lit';

export const styles = css`
  :host {
    display: block;
    min-height: 28px;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
  }
  .button[aria-disabled='true'] {
    background: var(--sub);
    color: var(--t3);
    cursor: default;
  }
  .button.running {
    border-color: var(--accsolid);
    background: var(--accsolid);
    color: var(--onacc);
  }
  .button.grave {
    border-color: var(--critmark);
    color: var(--crit);
  }
  .button.grave[aria-disabled='true'] {
    border-color: var(--line2);
    color: var(--t3);
  }
  .spinner {
    width: 12px;
    height: 12px;
    border: 1.5px solid currentColor;
    border-top-color: transparent;
    border-radius: 50%;
  }
  .locked {
    position: relative;
    display: inline-block;
  }
  .why {
    color: var(--t3);
    font-size: 12px;
  }
  .locked .why {
    position: absolute;
    z-index: 2;
    top: 32px;
    right: 0;
    padding: 4px 8px;
    border: 1px solid var(--line2);
    border-radius: 5px;
    background: var(--raise);
    box-shadow: var(--shadow);
    color: var(--t2);
    white-space: nowrap;
    visibility: hidden;
  }
  .locked:hover .why,
  .locked:focus-within .why {
    visibility: visible;
  }
  .failures {
    max-width: 560px;
    margin: 8px 0 0;
    padding: 6px 6px 6px 10px;
    border-left: 2px solid var(--critmark);
    background: var(--critbg);
    color: var(--crit);
  }
  .failures p,
  .failures ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .failures .row {
    flex-wrap: nowrap;
    align-items: start;
    justify-content: space-between;
  }
  .failures button {
    padding: 2px;
    border: 0;
    background: none;
    color: inherit;
  }
  @media (prefers-reduced-motion: no-preference) {
    .spinner {
      animation: turn 900ms linear infinite;
    }
  }
  @keyframes turn {
    to {
      rotate: 360deg;
    }
  }
  @media (max-width: 759px) {
    .button {
      height: 44px;
      padding: 0 14px;
    }
    .locked .why {
      top: 48px;
      right: auto;
      left: 0;
    }
    .failures button {
      min-width: 44px;
      min-height: 44px;
    }
  }
`;
