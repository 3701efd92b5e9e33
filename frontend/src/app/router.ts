/** The address bar as a store of routes, with the scroll position of every step back. */

import { Store } from '../base/store';
import { following, hrefOf, isSamePage, type Query, type Route, refined, routeOf } from './routes';

/** How long a page that is not as tall yet as it was may take until it is scrolled back. */
const SCROLL_WITHIN_MS = 1500;

/** What a step of the browser's history carries: its number; and where the reader scrolled to. */
interface Step {
  readonly step: number;
  readonly top?: number;
}

export class Router {
  readonly route: Store<Route>;
  /** Where the reader was, by step. */
  readonly #scrolled = new Map<number, number>();
  #step: number;
  /** Where to scroll once the page is there. */
  #wanted: number | null;
  #scrolling = 0;

  constructor() {
    this.route = new Store(here());
    history.scrollRestoration = 'manual'; // the browser would scroll before the page is there
    const { step, top } = stepOf(history.state);
    this.#step = step;
    this.#wanted = top ?? null;
  }

  start(): void {
    addEventListener('popstate', this.#onPop);
    document.addEventListener('scrollend', this.#onScrolled);
    document.addEventListener('click', this.#onClick);
  }

  stop(): void {
    removeEventListener('popstate', this.#onPop);
    document.removeEventListener('scrollend', this.#onScrolled);
    document.removeEventListener('click', this.#onClick);
  }

  /** Goes to another page, and to its top. The chosen cluster is kept. */
  go(route: Route): void {
    this.#goTo(following(route, this.route.value));
  }

  #goTo(target: Route): void {
    if (hrefOf(target) === hrefOf(this.route.value)) return;
    const leaves = !isSamePage(target, this.route.value);
    this.#push(target);
    if (leaves) scrollTo(0, 0);
  }

  /** Changes parts of the query in place; '' removes one. With `push`, Back undoes it. */
  refine(some: Query, push = false): void {
    const target = refined(this.route.value, some);
    if (hrefOf(target) === hrefOf(this.route.value)) return;
    if (push) {
      this.#push(target);
    } else {
      this.#write('replaceState', hrefOf(target), this.#step);
      this.route.value = target;
    }
  }

  /** The address of a route as a link shows it. */
  href(route: Route): string {
    return hrefOf(following(route, this.route.value));
  }

  /** After Back, Forward or a reload: scrolls to where the reader was, as soon as the page is tall enough. */
  restoreScroll(): void {
    const wanted = this.#wanted;
    if (wanted === null) return;
    this.#wanted = null;
    cancelAnimationFrame(this.#scrolling);
    const until = performance.now() + SCROLL_WITHIN_MS;
    const attempt = () => {
      const reach = document.documentElement.scrollHeight - innerHeight;
      if (reach < wanted && performance.now() < until) this.#scrolling = requestAnimationFrame(attempt);
      else scrollTo(0, wanted);
    };
    attempt();
  }

  #push(target: Route): void {
    this.#scrolled.set(this.#step, scrollY);
    this.#wanted = null;
    cancelAnimationFrame(this.#scrolling);
    this.#write('pushState', hrefOf(target), this.#step + 1);
    this.route.value = target;
  }

  #write(how: 'pushState' | 'replaceState', href: string, step: number): void {
    this.#step = step;
    const state: Step = how === 'pushState' ? { step } : { step, top: scrollY };
    history[how](state, '', href);
  }

  readonly #onPop = (event: PopStateEvent): void => {
    this.#scrolled.set(this.#step, scrollY);
    this.#step = stepOf(event.state).step;
    this.#wanted = this.#scrolled.get(this.#step) ?? 0;
    this.route.value = here();
  };

  /** For a reload: while the document is being left it is too late. */
  readonly #onScrolled = (): void => {
    history.replaceState({ step: this.#step, top: scrollY } satisfies Step, '');
  };

  /** Plain clicks on our own links change the page without loading it anew. */
  readonly #onClick = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((target) => target instanceof HTMLAnchorElement);
    if (!link?.href || link.origin !== location.origin || link.target || link.hasAttribute('download')) return;
    const route = routeOf(link.pathname, link.search);
    if (route.page === 'missing') return;
    event.preventDefault();
    this.#goTo(route); // as it is written: a link may leave the cluster
  };
}

function here(): Route {
  return routeOf(location.pathname, location.search);
}

function stepOf(state: unknown): Step {
  const { step, top } = (state ?? {}) as Partial<Step>;
  return { step: typeof step === 'number' ? step : 0, ...(typeof top === 'number' ? { top } : {}) };
}
