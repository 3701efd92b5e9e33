import { describe, expect, it } from 'vitest';
import { following, hrefOf, isSamePage, type Route, refined, routeOf } from '../../src/app/routes';

const at = (address: string): Route => {
  const { pathname, search } = new URL(address, 'http://page');
  return routeOf(pathname, search);
};

describe('an address', () => {
  it.each([
    ['/', 'overview'],
    ['/devices', 'devices'],
    ['/devices/', 'devices'],
    ['/nodes', 'nodes'],
    ['/request', 'request'],
    ['/allocations', 'allocations'],
    ['/request/a', 'missing'],
    ['/mig', 'mig'],
    ['/mig/node_1', 'planner'],
    ['/mig/node_1/2', 'missing'],
    ['/settings', 'settings'],
    ['/settings/more', 'missing'],
    ['/devices/a/b', 'missing'],
    ['/nothing', 'missing'],
    ['/missing', 'missing'],
    ['//devices', 'devices'],
  ])('%s is the page %s', (path, page) => {
    expect(routeOf(path, '').page).toBe(page);
  });

  it('names one GPU or node', () => {
    expect(at('/devices/R3B1%3A7')).toEqual({ page: 'device', id: 'R3B1:7', query: {} });
    expect(at('/nodes/abc=')).toEqual({ page: 'node', id: 'abc=', query: {} });
  });

  it('keeps what is given in the query, and drops what is empty', () => {
    expect(at('/devices?state=free&q=&cluster=a%20b').query).toEqual({ state: 'free', cluster: 'a b' });
  });

  it('that cannot be decoded is taken as it stands', () => {
    expect(routeOf('/devices/%E0%A4%A', '')).toEqual({ page: 'device', id: '%E0%A4%A', query: {} });
  });

  it.each([
    '/',
    '/devices',
    '/devices?state=free',
    '/devices/a%2Fb%3F',
    '/nodes/%ED%95%9C?cluster=x',
    '/settings',
    '/request',
    '/allocations/a%2Fb?view=mine',
    '/mig/a?cluster=x',
  ])('%s is written as it is read', (address) => {
    expect(hrefOf(at(address))).toBe(address);
  });
});

describe('a route after another', () => {
  it('keeps the cluster and nothing else', () => {
    expect(following(at('/nodes'), at('/devices?cluster=seoul&state=free'))).toEqual(at('/nodes?cluster=seoul'));
  });

  it('says itself which cluster, if it does', () => {
    expect(following(at('/nodes?cluster=busan'), at('/?cluster=seoul'))).toEqual(at('/nodes?cluster=busan'));
    const all: Route = { page: 'nodes', query: { cluster: '' } };
    expect(following(all, at('/?cluster=seoul'))).toEqual(at('/nodes'));
  });
});

describe('a refined route', () => {
  it('changes what is named, removes what is emptied, leaves the rest', () => {
    const before = at('/devices?state=free&q=h100&cluster=seoul');
    expect(refined(before, { state: 'held', q: '' })).toEqual(at('/devices?state=held&cluster=seoul'));
    expect(before).toEqual(at('/devices?state=free&q=h100&cluster=seoul'));
  });
});

describe('the same page', () => {
  it('is the same path', () => {
    expect(isSamePage(at('/devices'), at('/devices?state=free'))).toBe(true);
    expect(isSamePage(at('/devices/a'), at('/devices/a?range=1h'))).toBe(true);
    expect(isSamePage(at('/devices/a'), at('/devices/b'))).toBe(false);
    expect(isSamePage(at('/devices/a'), at('/nodes/a'))).toBe(false);
    expect(isSamePage(at('/devices'), at('/devices/a'))).toBe(false);
  });
});
