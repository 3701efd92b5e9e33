import { css } from 'lit';

export const plannerPageStyles = css`
  :host {
    display: flex;
    flex: 1 0 auto;
    flex-direction: column;
  }
  .columns {
    display: grid;
    flex: 1 0 auto;
    grid-template-columns: 224px minmax(0, 1fr) 352px;
  }
  .palette {
    border-right: 1px solid var(--line);
  }
  .palette > div,
  aside planner-answer {
    position: sticky;
    top: 48px;
    display: block;
    max-height: calc(100vh - 48px);
    overflow-y: auto;
  }
  .gpus {
    min-width: 0;
    outline: 0;
  }
  aside {
    border-left: 1px solid var(--line);
  }
  .carrying {
    cursor: grabbing;
  }
  .hint {
    margin: 0;
    padding: 10px 20px;
    border-bottom: 1px solid var(--line);
    color: var(--t2);
  }
  h1 {
    margin: 0;
    outline: 0;
    font: 600 15px/20px var(--font);
  }
  .alone {
    padding: 16px 20px;
    border-bottom: 1px solid var(--line);
  }
  .wait .skeleton {
    height: 28px;
    margin: 8px 20px;
  }
  .nothing {
    max-width: 560px;
    margin: 20px;
    padding: 12px 14px;
    border: 1px solid var(--line2);
    border-radius: 6px;
  }
  .nothing p {
    margin: 2px 0 10px;
    color: var(--t2);
    overflow-wrap: anywhere;
  }
  .nothing a {
    color: inherit;
    text-decoration: none;
  }
  @media (max-width: 1179px) {
    .columns {
      grid-template-columns: minmax(0, 1fr);
      align-content: start;
    }
    .palette,
    aside {
      border: 0;
    }
    .palette > div,
    aside planner-answer {
      position: static;
      max-height: none;
    }
    .palette {
      border-bottom: 1px solid var(--line);
    }
    aside {
      border-top: 1px solid var(--line);
    }
  }
`;
