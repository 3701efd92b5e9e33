/** Who holds what and who waits: every live allocation the reader may see, and those that ended lately. */

import {
  AllocationDetailsDocument,
  type AllocationDetailsQuery,
  AllocationPageDocument,
  type AllocationPageQuery,
  type AllocationRowFragment,
  type AllocationStatus,
  LiveAllocationsDocument,
  type LiveAllocationsSubscription,
  QueuePositionsDocument,
  QuotasDocument,
  type QuotasQuery,
} from './generated/graphql';
import type { Link } from './link';
import type { Viewer } from './types';

/** One allocation as lists show it. Memory in MiB, or GB of 10^9 bytes where it says so; times as ISO 8601. */
export type Allocation = AllocationRowFragment;

/** One allocation in full: what was asked for, why its place was chosen, every step of its life. */
export type AllocationDetails = Extract<
  NonNullable<AllocationDetailsQuery['node']>,
  { readonly __typename: 'GpuAllocation' }
>;

/** What a team, user or namespace may hold, with what it holds. */
export type Quota = QuotasQuery['quotas'][number];

/** Something is held: these count as holders of their devices. */
const HOLDING: ReadonlySet<AllocationStatus> = new Set<AllocationStatus>(['RESERVED', 'CREATING', 'ACTIVE']);

/** Nothing follows; nothing is held. */
const ENDED: ReadonlySet<AllocationStatus> = new Set<AllocationStatus>([
  'RELEASED',
  'EXPIRED',
  'FAILED',
  'REJECTED',
  'NO_RESOURCE',
]);

/** The team of whoever has none, as the server has it. */
export const DEFAULT_TEAM = 'default';

/** How many ended allocations are read at most, newest request first. */
export const ENDED_MAX = 1000;

export interface Allocations {
  /** Whether a snapshot has come: before, nothing is known of holders. */
  readonly known: boolean;
  readonly byId: ReadonlyMap<string, Allocation>;
  /** Those that hold a part of a device, by its id. */
  readonly byDevice: ReadonlyMap<string, readonly Allocation[]>;
}

export const NO_ALLOCATIONS: Allocations = { known: false, byId: new Map(), byDevice: new Map() };

export function isEnded({ status }: Pick<Allocation, 'status'>): boolean {
  return ENDED.has(status);
}

export function isHolding({ status }: Pick<Allocation, 'status'>): boolean {
  return HOLDING.has(status);
}

/** The allocations after one more message. Pure. A snapshot replaces; one that ended is left out. */
export function allocationsAfter(
  before: Allocations,
  event: LiveAllocationsSubscription['allocationEvents'],
): Allocations {
  const byId = new Map(event.snapshot ? [] : before.byId);
  for (const allocation of event.allocations) {
    // A message that was overtaken does not bring back what is over.
    if ((byId.get(allocation.id)?.version ?? 0) > allocation.version) continue;
    if (isEnded(allocation)) byId.delete(allocation.id);
    else byId.set(allocation.id, allocation);
  }
  return { known: true, byId, byDevice: holdersOf(byId.values()) };
}

function holdersOf(allocations: Iterable<Allocation>): ReadonlyMap<string, readonly Allocation[]> {
  const byDevice = new Map<string, Allocation[]>();
  for (const allocation of allocations) {
    if (!isHolding(allocation)) continue;
    for (const deviceId of new Set(allocation.resources.map((resource) => resource.deviceId))) {
      const holders = byDevice.get(deviceId);
      if (holders) holders.push(allocation);
      else byDevice.set(deviceId, [allocation]);
    }
  }
  return byDevice;
}

/** Follows the live allocations of one cluster, or of all; returns how to stop. */
export function followAllocations(
  link: Pick<Link, 'subscribe'>,
  cluster: string | null,
  next: (allocations: Allocations) => void,
): () => void {
  let now = NO_ALLOCATIONS;
  const where = cluster === null ? null : { clusterNames: [cluster] };
  return link.subscribe(LiveAllocationsDocument, { where }, ({ allocationEvents }) => {
    now = allocationsAfter(now, allocationEvents);
    next(now);
  });
}

/** Those that ended from `since` on, newest request first; and how many there are where that is more than is read. */
export async function readEnded(
  link: Pick<Link, 'query'>,
  cluster: string | null,
  since: Date,
): Promise<{ readonly ended: readonly Allocation[]; readonly total: number }> {
  const where = {
    endedSince: since.toISOString(),
    statuses: [...ENDED],
    ...(cluster === null ? {} : { clusterNames: [cluster] }),
  };
  const { allocations }: AllocationPageQuery = await link.query(AllocationPageDocument, {
    first: ENDED_MAX,
    after: null,
    where,
  });
  return { ended: allocations.nodes, total: allocations.totalCount };
}

/** The place of each that waits, from 1, by its id. It moves without the allocation itself changing. */
export async function readQueue(link: Pick<Link, 'query'>): Promise<ReadonlyMap<string, number>> {
  const { allocations } = await link.query(QueuePositionsDocument, { where: { statuses: ['QUEUED'] } });
  return new Map(
    allocations.nodes.flatMap(({ id, queuePosition }) =>
      queuePosition === null ? [] : [[id, queuePosition] as const],
    ),
  );
}

/** null: there is no such allocation, or not for this reader. */
export async function readAllocation(link: Pick<Link, 'query'>, id: string): Promise<AllocationDetails | null> {
  const { node } = await link.query(AllocationDetailsDocument, { id });
  return node?.__typename === 'GpuAllocation' ? node : null;
}

/** Every quota the reader may see. */
export async function readQuotas(link: Pick<Link, 'query'>): Promise<readonly Quota[]> {
  return (await link.query(QuotasDocument, {})).quotas;
}

type Reader = Pick<Viewer, 'subject' | 'team' | 'permissions'>;

/** The team a reader asks for where none is named. */
export function teamOf({ team }: Pick<Viewer, 'team'>): string {
  return team ?? DEFAULT_TEAM;
}

/** Whether the reader may release it or move its end: its owner, its team, whoever manages all. The server decides. */
export function mayChange(viewer: Reader | null, { userId, teamId }: Pick<Allocation, 'userId' | 'teamId'>): boolean {
  if (!viewer?.permissions.includes('REQUEST_ALLOCATION')) return false;
  if (viewer.permissions.includes('MANAGE_ALLOCATIONS')) return true;
  return userId === viewer.subject || (viewer.team !== null && teamId === viewer.team);
}
