/** What every page can reach. One object, made once in `gpu-app`, handed down as a property. */

import type { FleetFeed, Snapshot } from '../data/fleet';
import type { Link } from '../data/link';
import type { Store } from '../base/store';
import type { PageElement } from '../parts/element';
import type { Router } from './router';
import type { Route } from './routes';
import type { Toasts } from './toasts';

export interface App {
  /** Queries, mutations and further subscriptions. */
  readonly link: Link;
  /** The fleet as it is now; pause and cluster. */
  readonly feed: FleetFeed;
  readonly router: Router;
  readonly toasts: Toasts;
  /** Said to screen readers, politely. */
  readonly said: Store<string>;
}

/** What `gpu-app` sets on the element of each page. */
export interface Page extends PageElement {
  app: App;
  snapshot: Snapshot;
  route: Route;
  /** Acts on a single key; true where it did. Called only while the reader is not typing and no dialog is open. */
  onKey?(event: KeyboardEvent): boolean;
}
