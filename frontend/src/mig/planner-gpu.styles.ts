import { css } from 'lit';

export const plannerGpuStyles = css`
  :host {
    display: block;
    border-bottom: 1px solid var(--line);
  }
  .row {
    display: grid;
    grid-template-columns: 80px minmax(0, 1fr);
    gap: 0 8px;
    padding: 7px 20px;
  }
  h3 {
    margin: 0;
    font: 500 13px/17px var(--font);
  }
  h3 a {
    color: inherit;
    text-decoration: none;
  }
  h3 a:hover {
    color: var(--acc);
    text-decoration: underline;
  }
  .name small {
    display: block;
    color: var(--t3);
    font: 11px/15px var(--font);
  }
  .unfolded {
    padding: 10px 20px 14px 17px;
    border-left: 3px solid var(--acc);
  }
  .unfolded.refused,
  .unfolded.dropped {
    border-left-color: var(--critmark);
  }
  .unfolded h3 {
    font-weight: 600;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 10px;
    align-items: center;
    min-height: 28px;
  }
  .difference {
    flex: 1;
    min-width: 120px;
    color: var(--t2);
  }
  h4 {
    margin: 6px 0 2px;
    font: 600 12px/16px var(--font);
  }
  h4.after {
    color: var(--acc);
  }
  .off {
    display: flex;
    gap: 8px;
    align-items: center;
    justify-content: space-between;
    min-height: 28px;
    padding-left: 8px;
    border: 1px solid var(--line2);
    border-radius: 3px;
    background: var(--sub);
    color: var(--t2);
    font-size: 12px;
  }
  .off span {
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .off .button {
    flex: none;
    margin: -1px;
  }
  .button[aria-disabled='true'] {
    background: var(--inset);
    color: var(--t3);
    cursor: default;
  }
  .chosen,
  .command,
  .why {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    align-items: center;
    margin: 5px 0 1px;
    color: var(--t2);
    font-size: 12px;
  }
  .chosen span {
    overflow-wrap: anywhere;
  }
  .chosen .button {
    min-width: 28px;
    padding: 0 8px;
    font-size: 12px;
  }
  .chosen .left svg {
    rotate: 180deg;
  }
  .body,
  .unfolded {
    position: relative;
  }
  /* Over the next GPU: nothing moves while something is carried. */
  .why {
    position: absolute;
    z-index: 3;
    left: 0;
    padding: 4px 8px;
    border: 1px solid var(--line2);
    border-radius: 5px;
    background: var(--raise);
    box-shadow: var(--shadow);
    color: var(--crit);
    pointer-events: none;
  }
  .unfolded .why {
    left: 17px;
  }
  .problem {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 10px;
    align-items: center;
    margin-top: 8px;
    padding: 8px 10px;
    border-radius: 5px;
    background: var(--critbg);
    color: var(--crit);
  }
  .problem > svg {
    align-self: start;
    margin-top: 1px;
  }
  .problem > div {
    flex: 1 1 220px;
    min-width: 0;
  }
  .problem strong {
    font-weight: 600;
  }
  .problem p {
    margin: 0;
    color: var(--t1);
    font-size: 12px;
  }
  @media (max-width: 759px) {
    .row {
      grid-template-columns: minmax(0, 1fr);
      gap: 2px;
      padding: 7px 16px;
    }
    h3 a {
      display: inline-block;
      padding: 5px 0;
    }
    .name {
      display: flex;
      gap: 8px;
      align-items: baseline;
    }
    .unfolded {
      padding: 8px 16px 12px 13px;
    }
    .button {
      height: 44px;
    }
    .off {
      min-height: 44px;
    }
    .chosen .button {
      min-width: 44px;
    }
  }
`;
