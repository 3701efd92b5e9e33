/** The page: top bar, fleet strip, notices, the GPUs. */

import { css, html, LitElement, nothing } from 'lit';
import { FleetFeed, type Snapshot } from '../data/fleet';
import { counted } from '../format/format';
import type { DeviceTable } from './device-table';
import { cluster, flask, logo } from './icons';
import { shared } from './shared';
import './device-table';
import './fleet-strip';
import './live-indicator';
import './notices';
import './shortcut-list';
import type { ShortcutList } from './shortcut-list';

export class GpuApp extends LitElement {
  static override properties = { snapshot: { state: true }, said: { state: true } };
  declare snapshot: Snapshot | null;
  declare said: string;

  readonly #feed = new FleetFeed((snapshot) => this.#show(snapshot));

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        min-height: 100vh;
      }
      header {
        position: sticky;
        z-index: 2;
        top: 0;
        display: flex;
        align-items: center;
        gap: 12px;
        height: 48px;
        padding: 0 12px 0 20px;
        border-bottom: 1px solid var(--line);
        background: var(--bg);
      }
      .logo {
        color: var(--t1);
      }
      .where {
        display: flex;
        align-items: center;
        gap: 7px;
        min-width: 0;
        padding-left: 12px;
        border-left: 1px solid var(--line);
        white-space: nowrap;
      }
      .where strong {
        overflow: hidden;
        font-weight: 600;
        text-overflow: ellipsis;
      }
      .where span {
        color: var(--t2);
      }
      .right {
        display: flex;
        align-items: center;
        gap: 12px;
        margin-left: auto;
      }
      .clock {
        padding: 0 12px;
        border-left: 1px solid var(--line);
        color: var(--t2);
        white-space: nowrap;
      }
      footer {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 20px;
        padding: 16px 20px 24px;
        color: var(--t3);
        font: 12px/16px var(--font);
      }
      footer button {
        padding: 0;
        border: 0;
        background: none;
        color: var(--acc);
      }
      footer a {
        color: var(--acc);
        text-decoration: none;
      }
      footer .end {
        margin-left: auto;
      }
      @media (max-width: 759px) {
        header {
          height: 52px;
          padding: 0 8px 0 16px;
        }
        .clock,
        .nodes,
        .where svg,
        .keys {
          display: none;
        }
        .badge.simulated {
          padding: 0 6px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.snapshot = null;
    this.said = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.#onKey);
    this.#feed.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.#onKey);
    this.#feed.stop();
  }

  override render() {
    const snapshot = this.snapshot;
    if (!snapshot) return nothing;
    return html`
      ${this.#topBar(snapshot)}
      <main>
        <fleet-strip .snapshot=${snapshot}></fleet-strip>
        <page-notices
          .snapshot=${snapshot}
          @retry=${() => this.#feed.retry()}
          @sign-in=${(event: CustomEvent<string>) => this.#feed.useToken(event.detail)}
        ></page-notices>
        ${
          snapshot.totals?.gpus === 0 || (snapshot.link === 'refused' && !snapshot.frame)
            ? nothing
            : html`<device-table
              .snapshot=${snapshot}
              @say=${(event: CustomEvent<string>) => {
                this.said = event.detail;
              }}
            ></device-table>`
        }
      </main>
      ${this.#footer(snapshot)}
      <shortcut-list></shortcut-list>
      <div class="hidden" aria-live="polite">${this.said}</div>
    `;
  }

  #topBar(snapshot: Snapshot) {
    const { totals, frame } = snapshot;
    const clusters = totals?.clusters ?? [];
    return html`<header>
      <span class="logo" title="K8s GPU Management">${logo}</span>
      <div class="where">
        ${cluster}
        <strong>${clusters.length > 1 ? counted(clusters.length, 'cluster') : (clusters[0] ?? 'GPU fleet')}</strong>
        <span class="nodes">${totals?.nodes ? counted(totals.nodes, 'node') : ''}</span>
      </div>
      ${
        frame?.collectionSources.includes('SIMULATED')
          ? html`<span class="badge acc simulated" title="No GPU was read: these figures are made up">${flask}Simulated</span>`
          : nothing
      }
      <div class="right">
        <live-indicator .snapshot=${snapshot} @toggle-pause=${() => this.#feed.togglePause()}></live-indicator>
        <span class="clock">${CLOCK.format(new Date())}</span>
      </div>
    </header>`;
  }

  #footer({ viewer, frame }: Snapshot) {
    return html`<footer>
      ${frame ? html`<span>A reading every ${frame.intervalMs / 1000} s</span>` : nothing}
      ${viewer ? html`<span>Signed in as ${viewer.subject}, ${viewer.role.toLowerCase()}</span>` : nothing}
      <button class="keys" @click=${this.#showKeys}>Keyboard shortcuts</button>
      <span class="end">K8s GPU Management</span>
    </footer>`;
  }

  #show(snapshot: Snapshot): void {
    const before = this.snapshot?.feed;
    if (before && before !== snapshot.feed) this.said = SPOKEN[snapshot.feed];
    this.snapshot = snapshot;
    document.title = snapshot.feed === 'live' ? 'GPU fleet' : `${SPOKEN[snapshot.feed]} – GPU fleet`;
  }

  get #table(): DeviceTable | null {
    return this.renderRoot.querySelector('device-table');
  }

  get #shortcuts(): ShortcutList | null {
    return this.renderRoot.querySelector('shortcut-list');
  }

  readonly #showKeys = (): void => {
    this.#shortcuts?.show();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const typing = event
      .composedPath()
      .some((target) => target instanceof HTMLInputElement || target instanceof HTMLSelectElement);
    if (typing) {
      if (event.key === 'Escape') {
        this.#table?.clear();
        (event.composedPath()[0] as HTMLElement).blur();
      }
      return;
    }
    const act = this.#keys[event.key];
    if (!act || this.#shortcuts?.open) return;
    event.preventDefault();
    act();
  };

  readonly #keys: Readonly<Record<string, () => void>> = {
    '/': () => this.#table?.focusFilter(),
    '?': () => this.#showKeys(),
    j: () => this.#table?.move(1),
    k: () => this.#table?.move(-1),
    ArrowDown: () => this.#table?.move(1),
    ArrowUp: () => this.#table?.move(-1),
    c: () => void this.#table?.copyCurrent(),
    p: () => this.#feed.togglePause(),
    Escape: () => this.#table?.clear(),
  };
}

const CLOCK = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
});

const SPOKEN: Readonly<Record<Snapshot['feed'], string>> = {
  connecting: 'Connecting',
  live: 'Live',
  slow: 'The data comes slowly',
  stale: 'The data is stale',
  offline: 'Connection lost',
  paused: 'Paused',
};

customElements.define('gpu-app', GpuApp);
