/** Which address shows what. Pure. Filters stand in the query, so that a view can be shared. */

export type Route =
  | { readonly page: ListPage | 'overview' | 'request' | 'settings' | 'missing'; readonly query: Query }
  | { readonly page: 'device' | 'node' | 'planner' | 'allocation'; readonly id: string; readonly query: Query };

/** Pages of many things, each of which has a page of its own below. */
type ListPage = 'devices' | 'nodes' | 'mig' | 'allocations';

export type PageName = Route['page'];

/** The query of an address; a parameter that is empty is not there. */
export type Query = Readonly<Record<string, string>>;

const LISTS = { devices: 'device', nodes: 'node', mig: 'planner', allocations: 'allocation' } as const;

/** Pages whose address is their name. */
const SINGLE = ['request', 'settings'] as const;

/** The route of a path and query; what is not known is `missing`. */
export function routeOf(path: string, search: string): Route {
  const query = given(Object.fromEntries(new URLSearchParams(search)));
  const parts = path.split('/').filter(Boolean).map(decoded);
  const [name = '', id] = parts;
  if (parts.length === 0) return { page: 'overview', query };
  const single = SINGLE.find((known) => known === name);
  if (parts.length === 1 && single) return { page: single, query };
  if (parts.length === 1 && isList(name)) return { page: name, query };
  if (parts.length === 2 && isList(name) && id) return { page: LISTS[name], id, query };
  return { page: 'missing', query };
}

function isList(name: string): name is ListPage {
  return Object.hasOwn(LISTS, name);
}

/** The address of a route: the opposite of `routeOf`. */
export function hrefOf(route: Route): string {
  const query = new URLSearchParams(given(route.query)).toString();
  return `${pathOf(route)}${query ? `?${query}` : ''}`;
}

/** Kept from page to page: which cluster is looked at. */
const KEPT = ['cluster'] as const;

/** The route with what is kept of the one before it. What it says itself wins, '' included. */
export function following(route: Route, before: Route): Route {
  const kept: Record<string, string> = {};
  for (const name of KEPT) {
    const value = before.query[name];
    if (value !== undefined) kept[name] = value;
  }
  return { ...route, query: given({ ...kept, ...route.query }) };
}

/** The route with parts of its query changed; '' removes one. */
export function refined(route: Route, some: Query): Route {
  return { ...route, query: given({ ...route.query, ...some }) };
}

/** Whether two routes are of one page: the same list, the same GPU, whatever the filters. */
export function isSamePage(one: Route, other: Route): boolean {
  return pathOf(one) === pathOf(other);
}

function given(query: Query): Query {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
}

function pathOf(route: Route): string {
  switch (route.page) {
    case 'overview':
      return '/';
    case 'device':
      return `/devices/${encodeURIComponent(route.id)}`;
    case 'node':
      return `/nodes/${encodeURIComponent(route.id)}`;
    case 'planner':
      return `/mig/${encodeURIComponent(route.id)}`;
    case 'allocation':
      return `/allocations/${encodeURIComponent(route.id)}`;
    default:
      return `/${route.page}`;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
