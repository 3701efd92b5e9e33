/** Which element shows which page; each is loaded when it is first needed. */

import type { Page } from './app';
import type { PageName } from './routes';

const LOADERS: Readonly<Record<Exclude<PageName, 'missing'>, { tag: string; load: () => Promise<unknown> }>> = {
  overview: { tag: 'overview-page', load: () => import('../overview/overview-page') },
  devices: { tag: 'devices-page', load: () => import('../devices/devices-page') },
  device: { tag: 'device-page', load: () => import('../devices/device-page') },
  nodes: { tag: 'nodes-page', load: () => import('../nodes/nodes-page') },
  node: { tag: 'node-page', load: () => import('../nodes/node-page') },
  request: { tag: 'request-page', load: () => import('../request/request-page') },
  allocations: { tag: 'allocations-page', load: () => import('../allocations/allocations-page') },
  allocation: { tag: 'allocation-page', load: () => import('../allocations/allocation-page') },
  mig: { tag: 'mig-page', load: () => import('../mig/mig-page') },
  planner: { tag: 'planner-page', load: () => import('../mig/planner-page') },
  settings: { tag: 'settings-page', load: () => import('../settings/settings-page') },
};

/** A new element of the page, with its code loaded. Rejects where the code cannot be fetched. */
export async function pageElement(name: Exclude<PageName, 'missing'>): Promise<Page> {
  const { tag, load } = LOADERS[name];
  await load();
  return document.createElement(tag) as Page;
}
