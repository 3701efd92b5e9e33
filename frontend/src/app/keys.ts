/** Single keys: those that hold everywhere, then those of the page. */

import type { App, Page } from './app';
import { keyOf } from './key-of';
import { preferences } from './preferences';
import { t } from './shell.text';

/** How long `g` waits for the letter of a page. */
const GO_WITHIN_MS = 1500;

const GO = {
  o: 'overview',
  d: 'devices',
  n: 'nodes',
  m: 'mig',
  r: 'request',
  a: 'allocations',
  s: 'settings',
} as const;

export class Keys {
  readonly #app: App;
  readonly #page: () => Page | null;
  #goUntil = 0;

  constructor(app: App, page: () => Page | null) {
    this.#app = app;
    this.#page = page;
  }

  start(): void {
    addEventListener('keydown', this.#onKey);
  }

  stop(): void {
    removeEventListener('keydown', this.#onKey);
  }

  /** Opens the search over pages, actions, nodes and GPUs. Its code is loaded when it is first asked for. */
  openPalette(): void {
    this.#open(
      import('./command-palette').then(({ openPalette }) => openPalette(this.#app, () => this.openShortcuts())),
    );
  }

  openShortcuts(): void {
    this.#open(import('./shortcut-list').then(({ openShortcuts }) => openShortcuts()));
  }

  #open(opening: Promise<void>): void {
    opening.catch(() => this.#app.toasts.add({ kind: 'error', text: t('partFailed'), action: null }));
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing || isIn(event, HTMLDialogElement)) return;
    const key = keyOf(event);
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && key === 'k') {
      event.preventDefault();
      this.openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !preferences.value.singleKeys || isTyping(event)) return;
    if (this.#acts(key) || this.#pageActs(event, key)) event.preventDefault();
  };

  #acts(key: string): boolean {
    const going = performance.now() < this.#goUntil;
    this.#goUntil = 0;
    if (going && isPageLetter(key)) {
      this.#app.router.go({ page: GO[key], query: {} });
      return true;
    }
    switch (key) {
      case 'g':
        this.#goUntil = performance.now() + GO_WITHIN_MS;
        return true;
      case '/':
        this.openPalette();
        return true;
      case '?':
        this.openShortcuts();
        return true;
      case 'p':
        this.#app.feed.togglePause();
        return true;
      default:
        return false;
    }
  }

  #pageActs(event: KeyboardEvent, key: string): boolean {
    const page = this.#page();
    if (!page?.onKey || isPressing(event) || isInPopover(event)) return false;
    // Pages compare Latin letters: give them one where the keyboard writes another script.
    const isOther = event.key.length === 1 && event.key > '~' && key !== event.key;
    return page.onKey(isOther ? new KeyboardEvent('keydown', { key, code: event.code }) : event);
  }
}

function isPageLetter(key: string): key is keyof typeof GO {
  return Object.hasOwn(GO, key);
}

const TICKED = ['checkbox', 'radio', 'button', 'submit', 'reset', 'range'];

function isTyping(event: KeyboardEvent): boolean {
  return event
    .composedPath()
    .some(
      (target) =>
        target instanceof HTMLSelectElement ||
        target instanceof HTMLTextAreaElement ||
        (target instanceof HTMLInputElement && !TICKED.includes(target.type)) ||
        (target instanceof HTMLElement && target.isContentEditable),
    );
}

/** Whether the key works what has the focus: Enter on a link, the arrows in a choice. */
function isPressing(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (target instanceof HTMLInputElement) {
    return event.key === ' ' || (['radio', 'range'].includes(target.type) && event.key.startsWith('Arrow'));
  }
  if (target instanceof HTMLButtonElement) return event.key === ' ' || event.key === 'Enter';
  return target instanceof HTMLAnchorElement && event.key === 'Enter';
}

function isIn(event: KeyboardEvent, kind: typeof HTMLDialogElement): boolean {
  return event.composedPath().some((target) => target instanceof kind);
}

function isInPopover(event: KeyboardEvent): boolean {
  return event.composedPath().some((target) => target instanceof HTMLElement && target.popover !== null);
}
