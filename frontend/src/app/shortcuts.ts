/** Every key of the page, by where it acts. */

import { css, html, type TemplateResult } from 'lit';
import { t } from './shortcuts.text';

type Label = Parameters<typeof t>[0];

interface Shortcut {
  /** Keys in a row: pressed one after the other, together, or any one of them. */
  readonly keys: readonly string[];
  readonly how: 'then' | 'together' | 'any';
  readonly does: Label;
}

const any = (keys: readonly string[], does: Label): Shortcut => ({ keys, how: 'any', does });
const then = (keys: readonly string[], does: Label): Shortcut => ({ keys, how: 'then', does });
const together = (keys: readonly string[], does: Label): Shortcut => ({ keys, how: 'together', does });

/** ⌘ on a Mac, Ctrl elsewhere. */
export function commandKey(platform: string): string {
  return /mac|iphone|ipad/i.test(platform) ? '⌘' : 'Ctrl';
}

/** The groups in the order in which they are listed. */
export function shortcutGroups(command: string): readonly { where: Label; keys: readonly Shortcut[] }[] {
  return [
    {
      where: 'everywhere',
      keys: [
        any(['/'], 'search'),
        together([command, 'K'], 'search'),
        together([command, 'Enter'], 'newTab'),
        then(['g', 'o'], 'goOverview'),
        then(['g', 'd'], 'goDevices'),
        then(['g', 'n'], 'goNodes'),
        then(['g', 'm'], 'goMig'),
        then(['g', 'r'], 'goRequest'),
        then(['g', 'a'], 'goAllocations'),
        then(['g', 's'], 'goSettings'),
        any(['p'], 'pause'),
        any(['?'], 'help'),
      ],
    },
    {
      where: 'map',
      keys: [
        any(['1', '2', '3', '4'], 'metric'),
        any(['t'], 'table'),
        any(['←', '→', '↑', '↓'], 'move'),
        any(['Enter'], 'open'),
        any(['Space'], 'pin'),
        any(['x'], 'select'),
        any(['Esc'], 'clear'),
      ],
    },
    {
      where: 'list',
      keys: [
        any(['j', '↓'], 'next'),
        any(['k', '↑'], 'previous'),
        any(['Enter'], 'openRow'),
        any(['f'], 'filter'),
        any(['Esc'], 'clearList'),
      ],
    },
    { where: 'devices', keys: [any(['x'], 'select'), any(['c'], 'copy')] },
    { where: 'allocations', keys: [any(['x'], 'selectRow'), any(['r'], 'release')] },
    { where: 'request', keys: [together([command, 'Enter'], 'send')] },
    { where: 'device', keys: [any(['[', ']'], 'neighbours')] },
    {
      where: 'planner',
      keys: [
        any(['1', '…', '9'], 'profile'),
        any(['←', '→', '↑', '↓'], 'walk'),
        any(['Enter'], 'drop'),
        any(['Esc'], 'endDrop'),
        any(['Del'], 'removeInstance'),
        together([command, 'Z'], 'undo'),
        together(['⇧', command, 'Z'], 'redo'),
      ],
    },
  ];
}

export const shortcutStyles = css`
  .groups {
    columns: 2;
    column-gap: 32px;
  }
  .group {
    break-inside: avoid;
    margin-bottom: 16px;
  }
  h3 {
    margin: 0 0 4px;
    font: 600 13px/18px var(--font);
  }
  dl {
    display: grid;
    grid-template-columns: 112px 1fr;
    margin: 0;
  }
  dt,
  dd {
    margin: 0;
    padding: 5px 0;
    border-top: 1px solid var(--line);
  }
  dt {
    display: flex;
    align-items: center;
    gap: 4px;
    color: var(--t3);
    font: 11px/15px var(--font);
  }
  @media (max-width: 759px) {
    .groups {
      columns: 1;
    }
  }
`;

/** All of them as lists, below headings of the third level. */
export function shortcutLists(): TemplateResult {
  return html`<div class="groups">
    ${shortcutGroups(commandKey(navigator.platform)).map(
      ({ where, keys }) =>
        html`<div class="group">
          <h3>${t(where)}</h3>
          <dl>
            ${keys.map(
              (shortcut) =>
                html`<dt>${keyCaps(shortcut)}</dt>
                  <dd>${t(shortcut.does)}</dd>`,
            )}
          </dl>
        </div>`,
    )}
  </div>`;
}

function keyCaps({ keys, how }: Shortcut) {
  return keys.map((key, at) => html`${at > 0 && how === 'then' ? t('then') : ''}<kbd>${key}</kbd>`);
}
