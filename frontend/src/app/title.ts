/** What the browser's tab and a screen reader call a page. Pure but for the language. */

import type { Layout } from '../data/types';
import { gpuName } from '../format/format';
import type { Route } from './routes';
import { t } from './shell.text';

/** The name of the GPU or node where it is known, else the name of the page. */
export function pageTitle(route: Route, layout: Layout | null): string {
  return named(route, layout) ?? t(route.page);
}

function named(route: Route, layout: Layout | null): string | null {
  if (route.page === 'device') {
    const at = layout?.at.get(route.id);
    const device = at === undefined ? undefined : layout?.devices[at];
    return device ? gpuName(device) : null;
  }
  if (route.page === 'node') return nodeName(route.id, layout);
  if (route.page === 'planner') {
    const node = nodeName(route.id, layout);
    return node === null ? null : `${t('planner')}, ${node}`;
  }
  return null;
}

function nodeName(id: string, layout: Layout | null): string | null {
  return layout?.nodes.find((node) => node.id === id)?.nodeName ?? null;
}
