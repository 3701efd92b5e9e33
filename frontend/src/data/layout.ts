/** Reads which GPUs the fleet has, page by page, as one consistent list. */

import { FIRST_DEVICES, MORE_DEVICES } from './documents';
import type { Query } from './http';
import type { Device, Layout, Viewer } from './types';

export const PAGE_SIZE = 1000;

interface DevicePage {
  nodes: readonly Device[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

interface FirstDevices {
  fleetFrame: { layoutVersion: string; deviceIds: readonly string[] };
  viewer: Viewer;
  devices: DevicePage;
}

/** The fleet changed while its pages were read; read it again. */
export class LayoutMoved extends Error {}

/** Every GPU in fleet order. Throws `LayoutMoved` where the pages do not add up to the layout they belong to. */
export async function readLayout(query: Query): Promise<{ layout: Layout; viewer: Viewer }> {
  const first = await query<FirstDevices>(FIRST_DEVICES, { first: PAGE_SIZE });
  const { layoutVersion, deviceIds } = first.fleetFrame;
  const devices = [...first.devices.nodes];
  let { pageInfo } = first.devices;
  while (pageInfo.hasNextPage && pageInfo.endCursor !== null) {
    const more = await query<{ devices: DevicePage }>(MORE_DEVICES, { first: PAGE_SIZE, after: pageInfo.endCursor });
    devices.push(...more.devices.nodes);
    pageInfo = more.devices.pageInfo;
  }
  const same = devices.length === deviceIds.length && devices.every((device, at) => device.id === deviceIds[at]);
  if (!same) throw new LayoutMoved();
  return { layout: { version: layoutVersion, devices }, viewer: first.viewer };
}
