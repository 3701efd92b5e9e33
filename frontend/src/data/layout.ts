/** Reads which GPUs the fleet has, page by page, as one consistent list. */

import { type DeviceWhere, FirstDevicesDocument, MoreDevicesDocument } from './generated/graphql';
import type { Link } from './link';
import type { Device, Layout, LayoutNode, Viewer } from './types';

export const PAGE_SIZE = 1000;

/** The fleet changed while its pages were read; read it again. */
export class LayoutMoved extends Error {}

export interface LayoutRead {
  readonly layout: Layout;
  readonly viewer: Viewer;
  /** Every cluster the reader may see, whatever `where` says. */
  readonly clusters: readonly string[];
}

/** Every GPU that matches, in fleet order. Throws `LayoutMoved` where the pages do not add up to the layout they belong to. */
export async function readLayout(link: Pick<Link, 'query'>, where: DeviceWhere | null): Promise<LayoutRead> {
  const first = await link.query(FirstDevicesDocument, { first: PAGE_SIZE, where });
  const { layoutVersion, deviceIds } = first.fleetFrame;
  const devices = [...first.devices.nodes];
  let { pageInfo } = first.devices;
  while (pageInfo.hasNextPage && pageInfo.endCursor !== null) {
    const more = await link.query(MoreDevicesDocument, { first: PAGE_SIZE, after: pageInfo.endCursor, where });
    devices.push(...more.devices.nodes);
    pageInfo = more.devices.pageInfo;
  }
  const same = devices.length === deviceIds.length && devices.every((device, at) => device.id === deviceIds[at]);
  if (!same) throw new LayoutMoved();
  return { layout: layoutOf(layoutVersion, devices), viewer: first.viewer, clusters: first.fleet.clusterNames };
}

/** The list with what follows from it. */
export function layoutOf(version: string, devices: readonly Device[]): Layout {
  const nodes: (LayoutNode & { count: number })[] = [];
  const at = new Map<string, number>();
  devices.forEach((device, position) => {
    at.set(device.id, position);
    const last = nodes.at(-1);
    if (last?.id === device.node.id) last.count += 1;
    else nodes.push({ ...device.node, first: position, count: 1 });
  });
  return { version, devices, nodes, at };
}
