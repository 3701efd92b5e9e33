/** What stands over the page when not all is well: one message, its reason, one next step. */

import { css, html, nothing, type TemplateResult } from 'lit';
import type { Snapshot } from '../data/fleet';
import { duration, sentence } from '../format/format';
import { PageElement } from '../parts/element';
import { chip, cross, flask, staleClock, warning } from '../parts/icons';
import { shared } from '../parts/shared';
import type { App } from './app';
import { type Notice, noticeOf, partsLeftOut } from './notice-of';
import { t } from './notices.text';
import type { Route } from './routes';

export class PageNotices extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: Route;

  static override styles = [
    shared,
    css`
      .notice {
        display: flex;
        align-items: flex-start;
        gap: 12px;
        margin: 16px 20px 4px;
        padding: 12px 16px;
        border: 1px solid var(--line2);
        border-radius: 6px;
      }
      .notice > svg {
        margin-top: 1px;
        color: var(--t3);
      }
      .notice.crit > svg {
        color: var(--critmark);
      }
      .text {
        flex: 1;
        min-width: 0;
      }
      strong {
        font-weight: 600;
      }
      p {
        margin: 2px 0 0;
        color: var(--t2);
      }
      code {
        display: inline-block;
        max-width: 100%;
        margin-top: 8px;
        padding: 6px 10px;
        overflow-x: auto;
        border-radius: 5px;
        background: var(--inset);
        color: var(--t1);
        font: 12px/18px var(--mono);
        white-space: nowrap;
      }
      a.button {
        color: inherit;
        text-decoration: none;
      }
      .line {
        display: flex;
        align-items: center;
        gap: 8px;
        height: 35px;
        padding: 0 20px;
        border-bottom: 1px solid var(--line);
        background: var(--sub);
        color: var(--t2);
      }
      .words {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .line svg {
        width: 14px;
        height: 14px;
      }
      .line.warn {
        background: var(--warnbg);
        color: var(--warn);
      }
      .line.crit {
        background: var(--critbg);
        color: var(--crit);
      }
      .line .button {
        height: 24px;
        color: var(--t1);
      }
      @media (max-width: 759px) {
        .notice {
          flex-wrap: wrap;
          margin: 12px 16px 4px;
        }
        .line {
          height: auto;
          min-height: 35px;
          padding: 8px 16px;
        }
        .words {
          white-space: normal;
        }
        .button,
        .line .button {
          height: 44px;
        }
      }
    `,
  ];

  override render() {
    const notice = noticeOf(this.snapshot);
    if (notice === null || (this.route.page === 'settings' && notice !== 'lost' && notice !== 'unreachable')) {
      return nothing;
    }
    return this.#shown(notice);
  }

  #shown(notice: Notice): TemplateResult {
    const { totals, cluster } = this.snapshot;
    switch (notice) {
      case 'lost':
        return line('crit', cross, t('lost'), `${this.#lostSince()} ${this.#nextTry()}`, this.#retryButton());
      case 'unreachable':
        return block(
          'crit',
          cross,
          t('unreachable'),
          html`${sentence(this.snapshot.link.reason)} ${this.#nextTry()}`,
          this.#retryButton(),
        );
      case 'empty':
        return block(
          '',
          chip,
          t('noGpus'),
          html`${t('noGpusText')}<br /><code>gpuctl agent --server ${location.origin}</code>`,
        );
      case 'emptyCluster':
        return block('', chip, t('noGpus'), t('noGpusCluster', { cluster: cluster ?? '' }), this.#allClusters());
      case 'noCluster':
        return block('', chip, t('noGpus'), t('noCluster', { cluster: cluster ?? '' }), this.#allClusters());
      case 'neverRead':
        return line('warn', staleClock, t('neverRead'), t('neverReadText'));
      case 'stale':
        return line('warn', staleClock, t('silent'), t('silentText', { age: duration(totals?.newestAgeMs ?? null) }));
      case 'partial':
        return line('warn', warning, totals ? partsLeftOut(totals) : '', '', this.#showLeftOut());
      case 'partlySimulated':
        return line('', flask, t('partlySimulated'));
      case 'simulated':
        return line('', flask, t('simulated', { n: totals?.gpus ?? 0 }));
    }
  }

  #lostSince(): string {
    return t('lostSince', { age: duration(this.snapshot.sinceMs) });
  }

  #nextTry(): string {
    const { link, now } = this.snapshot;
    if (link.retryAt === null || link.retryAt <= now) return t('trying');
    return t('nextTry', { seconds: Math.ceil((link.retryAt - now) / 1000) });
  }

  #retryButton() {
    return html`<button class="button" @click=${() => this.app.link.retry()}>${t('tryAgain')}</button>`;
  }

  #showLeftOut() {
    const href = this.app.router.href({ page: 'devices', query: { state: 'nodata' } });
    return html`<a class="button" href=${href}>${t('show')}</a>`;
  }

  #allClusters() {
    const href = this.app.router.href({ ...this.route, query: { ...this.route.query, cluster: '' } });
    return html`<a class="button" href=${href}>${t('showAll')}</a>`;
  }
}

/** Something that stands in place of the fleet. */
function block(
  kind: 'crit' | '',
  icon: TemplateResult,
  title: string,
  text: string | TemplateResult,
  action: TemplateResult | typeof nothing = nothing,
) {
  return html`<div class="notice ${kind}">
    ${icon}
    <div class="text">
      <strong role=${kind ? 'alert' : 'status'}>${title}</strong>
      <p>${text}</p>
    </div>
    ${action}
  </div>`;
}

/** One line of always the same height. What it says first is read out once; the rest changes every second. */
function line(
  kind: 'warn' | 'crit' | '',
  icon: TemplateResult,
  text: string,
  rest = '',
  action: TemplateResult | typeof nothing = nothing,
) {
  const role = kind === 'crit' ? 'alert' : kind === 'warn' ? 'status' : nothing;
  return html`<div class="line ${kind}">
    ${icon}<span class="words"><span role=${role}>${text}</span> ${rest}</span>${action}
  </div>`;
}

customElements.define('page-notices', PageNotices);
