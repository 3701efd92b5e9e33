/** What is not in service and why, and the changes this page has seen happen. */

import { type DeviceStatus, ExceptionsDocument, type ExceptionsSubscription } from './generated/graphql';
import type { Link } from './link';
import type { Change, DeviceException } from './types';

const OUT_OF_SERVICE: readonly DeviceStatus[] = ['CORDONED', 'DRAINING', 'MAINTENANCE', 'UNHEALTHY', 'OFFLINE'];

export const CHANGES_KEPT = 200;

export interface Exceptions {
  readonly byDevice: ReadonlyMap<string, DeviceException>;
  /** Newest first; those since the page was opened. */
  readonly changes: readonly Change[];
}

export const NO_EXCEPTIONS: Exceptions = { byDevice: new Map(), changes: [] };

/** The exceptions after one more message. Pure. A snapshot replaces, a delta adds and removes. */
export function after(before: Exceptions, event: ExceptionsSubscription['deviceEvents']): Exceptions {
  const byDevice = new Map(event.snapshot ? [] : before.byDevice);
  for (const device of event.devices) byDevice.set(device.id, device);
  for (const id of event.removedDeviceIds) byDevice.delete(id);
  const known = new Set(before.changes.map((change) => change.sequence));
  const fresh = event.changes.filter((change) => !known.has(change.sequence));
  const changes = fresh.length
    ? [...fresh, ...before.changes].sort((a, b) => b.sequence - a.sequence).slice(0, CHANGES_KEPT)
    : before.changes;
  return { byDevice, changes };
}

/** Follows the exceptions of one cluster, or of all; returns how to stop. */
export function followExceptions(link: Link, cluster: string | null, next: (event: Exceptions) => void): () => void {
  let now = NO_EXCEPTIONS;
  const where = { statuses: OUT_OF_SERVICE, clusterNames: cluster === null ? null : [cluster] };
  return link.subscribe(ExceptionsDocument, { where }, ({ deviceEvents }) => {
    now = after(now, deviceEvents);
    next(now);
  });
}
