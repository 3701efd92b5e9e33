import { css } from 'lit';

export const settingsStyles = css`
  :host {
    display: block;
    padding: 16px 20px 32px;
  }
  h1 {
    margin: 0 0 4px;
    font: 600 15px/20px var(--font);
  }
  h2 {
    margin: 0 0 8px;
    font: 600 13px/18px var(--font);
  }
  .columns {
    display: grid;
    grid-template-columns: minmax(0, 560px) minmax(0, 720px);
    gap: 0 48px;
  }
  section {
    padding: 16px 0;
    border-top: 1px solid var(--line);
  }
  section:first-child,
  .columns > section {
    border-top: 0;
  }
  .button:disabled {
    color: var(--t3);
    cursor: default;
  }
  fieldset {
    display: grid;
    grid-template-columns: 136px 1fr;
    gap: 12px;
    padding: 6px 0;
  }
  legend {
    float: left;
    padding: 5px 0;
    color: var(--t2);
  }
  .choice {
    justify-self: start;
  }
  .switch {
    display: inline-flex;
    align-items: center;
    gap: 8px;
    padding: 5px 0;
  }
  .switch input {
    width: 16px;
    height: 16px;
    margin: 0;
    accent-color: var(--accsolid);
  }
  p {
    margin: 0 0 8px;
    color: var(--t2);
  }
  #single-keys {
    color: var(--t3);
    font: 12px/16px var(--font);
  }
  section > dl {
    display: grid;
    grid-template-columns: 200px 1fr;
    margin: 0 0 12px;
  }
  section > dl dt,
  section > dl dd {
    margin: 0;
    padding: 5px 0;
    border-top: 1px solid var(--line);
    font: 12.5px/17px var(--font);
    overflow-wrap: anywhere;
  }
  section > dl dt {
    display: block;
    padding-right: 12px;
    color: var(--t2);
  }
  @media (max-width: 1179px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
    }
    .columns > section {
      border-top: 1px solid var(--line);
    }
  }
  @media (max-width: 759px) {
    :host {
      padding: 16px 16px 24px;
    }
    fieldset {
      grid-template-columns: 1fr;
      gap: 4px;
    }
    legend {
      float: none;
      padding: 0;
    }
    .switch {
      min-height: 44px;
    }
    .button {
      height: 44px;
    }
    section > dl {
      grid-template-columns: 128px 1fr;
    }
  }
`;
