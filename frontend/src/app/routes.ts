/** Which address shows what. Pure. Filters stand in the query, so that a view can be shared. */

export type Route =
  | { readonly page: 'overview' | 'devices' | 'nodes' | 'mig' | 'settings' | 'missing'; readonly query: Query }
  | { readonly page: 'device' | 'node' | 'planner'; readonly id: string; readonly query: Query };

export type PageName = Route['page'];

/** The query of an address; a parameter that is empty is not there. */
export type Query = Readonly<Record<string, string>>;

const LISTS = { devices: 'device', nodes: 'node', mig: 'planner' } as const;

/** The route of a path and query; what is not known is `missing`. */
export function routeOf(path: string, search: string): Route {
  const query = given(Object.fromEntries(new URLSearchParams(search)));
  const parts = path.split('/').filter(Boolean).map(decoded);
  const [page, id] = parts;
  if (parts.length === 0) return { page: 'overview', query };
  if (parts.length === 1 && (isList(page) || page === 'settings')) return { page, query };
  if (parts.length === 2 && isList(page) && id) return { page: LISTS[page], id, query };
  return { page: 'missing', query };
}

function isList(page: string | undefined): page is keyof typeof LISTS {
  return page !== undefined && Object.hasOwn(LISTS, page);
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
