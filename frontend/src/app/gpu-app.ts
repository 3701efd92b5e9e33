/** The frame of the page: bar, rail, the page of the address, and what lies over it. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { Store, Watching } from '../base/store';
import { FleetFeed, type Snapshot } from '../data/fleet';
import { Link } from '../data/link';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import type { App, Page } from './app';
import { focusHeading, isFocusLost } from './arrival';
import { Keys } from './keys';
import './nav-rail';
import './page-notices';
import { pageElement } from './pages';
import { applyPreferences } from './preferences';
import { Router } from './router';
import { isSamePage, type PageName, type Route } from './routes';
import { t } from './shell.text';
import './sign-in';
import { pageTitle } from './title';
import './toast-stack';
import { Toasts } from './toasts';
import './top-bar';
import { veiled } from './veil';

applyPreferences();

export class GpuApp extends PageElement {
  static override properties = { page: { state: true }, failed: { state: true } };
  /** The element of the page that is shown, once its code is there. */
  declare page: Page | null;
  declare failed: boolean;

  readonly #app: App;
  readonly #link: Link;
  readonly #keys: Keys;
  /** Whether the server refuses us, until it answers again. */
  #signedOut = false;
  #wanted: PageName | null = null;
  /** Which page `page` is. */
  #shown: PageName | null = null;
  #followed: Route | null = null;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .skip {
        position: fixed;
        z-index: 9;
        top: -60px;
        left: 8px;
      }
      .skip:focus {
        top: 8px;
      }
      main {
        display: flex;
        flex-direction: column;
        min-height: 100vh;
        padding: 48px 0 0 64px;
        outline: 0;
      }
      .problem {
        margin: 24px 20px;
      }
      h1 {
        margin: 0 0 4px;
        font: 600 15px/20px var(--font);
      }
      p {
        margin: 0 0 12px;
        color: var(--t2);
      }
      .problem a {
        color: var(--acc);
      }
      @media (max-width: 759px) {
        main {
          padding: 52px 0 62px;
        }
        .problem {
          margin: 20px 16px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.page = null;
    this.failed = false;
    const router = new Router();
    this.#link = new Link();
    const feed = new FleetFeed(this.#link, router.route.value.query.cluster ?? null);
    this.#app = { link: this.#link, feed, router, toasts: new Toasts(), said: new Store('') };
    this.#keys = new Keys(this.#app, () => this.page);
    new Watching(this, feed.snapshot);
    new Watching(this, router.route);
    new Watching(this, this.#app.said);
    router.route.watch((route) => {
      feed.look(route.query.cluster ?? null);
      void this.#follow(route);
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#app.router.start();
    this.#link.start();
    this.#app.feed.start();
    this.#keys.start();
    void this.#follow(this.#route);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#keys.stop();
    this.#app.feed.stop();
    this.#link.stop();
    this.#app.router.stop();
  }

  get #route(): Route {
    return this.#app.router.route.value;
  }

  get #snapshot(): Snapshot {
    return veiled(this.#app.feed.snapshot.value);
  }

  /** Shows the page of a route; the keyboard and the screen reader go along, save to the first one. */
  async #follow(route: Route): Promise<void> {
    const before = this.#followed;
    this.#followed = route;
    const shown = this.page;
    await this.#load(route.page);
    await this.updateComplete;
    if (this.#followed !== route) return;
    await this.page?.updateComplete;
    this.#app.router.restoreScroll();
    if (before === null || isSamePage(before, route)) return;
    const isNew = this.page !== shown || this.page === null;
    if ((isNew || isFocusLost()) && focusHeading(this.page ?? this)) return;
    if (isNew) this.#main?.focus({ preventScroll: true });
    this.#app.said.value = this.#title;
  }

  async #load(name: PageName): Promise<void> {
    if (name === this.#wanted && !this.failed) return;
    this.#wanted = name;
    this.failed = false;
    try {
      const page = name === 'missing' ? null : await pageElement(name);
      if (this.#wanted !== name) return;
      this.page = page;
      this.#shown = name;
    } catch {
      if (this.#wanted === name) this.failed = true;
    }
  }

  override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { phase } = this.#snapshot.link;
    if (phase === 'refused' && !this.#signedOut) this.#dropPage();
    this.#signedOut = phase === 'refused' || (this.#signedOut && phase !== 'open');
    if (this.page) Object.assign(this.page, { app: this.#app, snapshot: this.#snapshot });
    // While the next page is being fetched the old one stays, with the address that it was made for.
    if (this.page && this.#shown === this.#route.page) Object.assign(this.page, { route: this.#route });
    const title = `${this.#title} – ${t('product')}`;
    if (document.title !== title) document.title = title;
  }

  /** Nobody else sees what the last reader saw: the page is made anew after the next sign-in. */
  #dropPage(): void {
    if (this.#route.page === 'settings' || !this.page) return;
    this.#wanted = null;
    void this.#load(this.#route.page);
  }

  get #title(): string {
    return pageTitle(this.#route, this.#snapshot.layout);
  }

  get #main(): HTMLElement | null {
    return this.renderRoot.querySelector('main');
  }

  override render() {
    const snapshot = this.#snapshot;
    return html`
      <top-bar .app=${this.#app} .snapshot=${snapshot} @open-palette=${() => this.#keys.openPalette()}>
        <a slot="skip" class="skip button" href="#content" @click=${this.#skip}>${t('skip')}</a>
      </top-bar>
      <nav-rail .app=${this.#app} .route=${this.#route}></nav-rail>
      <main id="content" tabindex="-1">
        <page-notices .app=${this.#app} .snapshot=${snapshot} .route=${this.#route}></page-notices>
        ${this.#content(snapshot)}
      </main>
      <toast-stack .app=${this.#app}></toast-stack>
      <div class="hidden" aria-live="polite">${this.#app.said.value}</div>
    `;
  }

  #content(snapshot: Snapshot): TemplateResult | Page | typeof nothing {
    if (this.#route.page === 'missing') return this.#missing();
    if (this.failed) return failed();
    if (this.#signedOut && this.#route.page !== 'settings') {
      return html`<sign-in .app=${this.#app} .link=${snapshot.link}></sign-in>`;
    }
    return this.page ?? nothing;
  }

  #missing() {
    return html`<div class="problem">
      <h1>${t('missing')}</h1>
      <p>${t('missingText')}</p>
      <a href=${this.#app.router.href({ page: 'overview', query: {} })}>${t('toOverview')}</a>
    </div>`;
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.#main?.focus();
  }
}

/** The code of a page is gone after an update of the server: only the new document knows the new one. */
function failed() {
  return html`<div class="problem" role="alert">
    <h1>${t('partFailed')}</h1>
    <p>${t('partFailedText')}</p>
    <button class="button" @click=${() => location.reload()}>${t('reload')}</button>
  </div>`;
}

customElements.define('gpu-app', GpuApp);
