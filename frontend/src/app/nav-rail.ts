/** The pages, at the side; on a phone a bar at the bottom. */

import { css, html, nothing, type TemplateResult } from 'lit';
import { PageElement } from '../parts/element';
import { chip, list, map, plus, rack, slices, sliders } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import type { PageName, Route } from './routes';
import { t } from './shell.text';

type Tab = 'overview' | 'devices' | 'nodes' | 'mig' | 'request' | 'allocations' | 'settings';

const TABS: readonly { page: Tab; icon: TemplateResult; owns: readonly PageName[] }[] = [
  { page: 'overview', icon: map, owns: ['overview'] },
  { page: 'devices', icon: chip, owns: ['devices', 'device'] },
  { page: 'nodes', icon: rack, owns: ['nodes', 'node'] },
  { page: 'mig', icon: slices, owns: ['mig', 'planner'] },
  { page: 'request', icon: plus, owns: ['request'] },
  { page: 'allocations', icon: list, owns: ['allocations', 'allocation'] },
  { page: 'settings', icon: sliders, owns: ['settings'] },
];

export class NavRail extends PageElement {
  static override properties = { app: { attribute: false }, route: { attribute: false } };
  declare app: App;
  declare route: Route;

  static override styles = [
    shared,
    css`
      nav {
        position: fixed;
        z-index: 3;
        top: 48px;
        bottom: 0;
        left: 0;
        display: flex;
        flex-direction: column;
        width: 64px;
        padding: 8px 0 10px;
        border-right: 1px solid var(--line);
        background: var(--sub);
      }
      a {
        position: relative;
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 3px;
        padding: 8px 0 7px;
        color: var(--t2);
        font: 11px/15px var(--font);
        text-decoration: none;
      }
      a:hover {
        color: var(--t1);
      }
      a[aria-current] {
        color: var(--acc);
        font-weight: 500;
      }
      a[aria-current]::before {
        position: absolute;
        top: 4px;
        bottom: 4px;
        left: 0;
        width: 3px;
        background: var(--acc);
        content: "";
      }
      a:focus-visible {
        outline-offset: -2px;
      }
      a:last-child {
        margin-top: auto;
      }
      @media (max-width: 759px) {
        nav {
          top: auto;
          right: 0;
          flex-direction: row;
          width: auto;
          height: 62px;
          padding: 0;
          border: 0;
          border-top: 1px solid var(--line);
        }
        a {
          flex: 1;
          justify-content: center;
        }
        a:last-child {
          margin: 0;
        }
        a[aria-current]::before {
          inset: 0 20% auto;
          width: auto;
          height: 2px;
        }
      }
    `,
  ];

  override render() {
    return html`<nav aria-label=${t('pages')}>
      ${TABS.map(
        ({ page, icon, owns }) =>
          html`<a
            href=${this.app.router.href({ page, query: {} })}
            aria-current=${owns.includes(this.route.page) ? 'page' : nothing}
            >${icon}<span>${t(page)}</span></a
          >`,
      )}
    </nav>`;
  }
}

customElements.define('nav-rail', NavRail);
