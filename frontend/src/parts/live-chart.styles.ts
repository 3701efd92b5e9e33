import { css, unsafeCSS } from 'lit';
import plotCss from 'uplot/dist/uPlot.min.css?inline';

/** uPlot's own rules, bundled: the content security policy allows no others. */
export const plotStyles = unsafeCSS(plotCss);

export const chartStyles = css`
  :host {
    display: block;
    min-width: 0;
    padding: 10px 20px 8px;
  }
  header {
    display: flex;
    align-items: baseline;
    gap: 6px;
    height: 20px;
  }
  h2 {
    margin: 0;
    font: 600 13px/18px var(--font);
  }
  .unit {
    flex: 1;
    color: var(--t3);
    font-size: 12px;
  }
  .value {
    font-weight: 600;
  }
  .plot {
    position: relative;
    height: var(--chart-height, 212px);
    margin-top: 4px;
    touch-action: pan-y;
  }
  .plot .note {
    position: absolute;
    inset: 0 0 24px 40px;
    display: grid;
    place-items: center;
    margin: 0;
    color: var(--t3);
    pointer-events: none;
  }
  .uplot {
    position: absolute;
  }
  .u-hz .u-cursor-x {
    border-color: var(--t2);
  }
  .u-select {
    background: var(--acc);
    opacity: 0.14;
  }
  @media (max-width: 759px) {
    :host {
      padding: 8px 16px;
    }
  }
`;
