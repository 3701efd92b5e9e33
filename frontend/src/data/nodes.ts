/** Which nodes there are, with what is not in a frame: address, driver, status, last report. */

import type { Known } from './fleet';
import { NodeListDocument, type NodeListQuery, type NodeWhere } from './generated/graphql';
import type { Link } from './link';
import type { Change, Layout } from './types';

export type NodeIdentity = NodeListQuery['gpuNodes']['nodes'][number];

const PAGE_SIZE = 1000;

/** Last reports move on without a change being recorded: the list is read anew this often. */
const RENEW_MS = 30_000;

/** The same after a failure. */
const RETRY_MS = 5_000;

/** Every node of one cluster, or of all, in fleet order. */
export async function readNodes(link: Pick<Link, 'query'>, cluster: string | null): Promise<readonly NodeIdentity[]> {
  const where: NodeWhere | null = cluster === null ? null : { clusterNames: [cluster] };
  const nodes: NodeIdentity[] = [];
  let after: string | null = null;
  do {
    const { gpuNodes }: NodeListQuery = await link.query(NodeListDocument, { first: PAGE_SIZE, after, where });
    nodes.push(...gpuNodes.nodes);
    after = gpuNodes.pageInfo.hasNextPage ? gpuNodes.pageInfo.endCursor : null;
  } while (after !== null);
  return nodes;
}

type Seen = Pick<Known, 'cluster' | 'exceptions' | 'now'> & { readonly layout: Pick<Layout, 'version'> };

/** The sequence of the newest change of a node; 0: none is known. */
export function newestNodeChange(changes: readonly Change[]): number {
  return changes.reduce(
    (newest, { kind, sequence }) => (kind.startsWith('NODE_') ? Math.max(newest, sequence) : newest),
    0,
  );
}

/**
 * Keeps the list of nodes: read at the start, when the fleet or a node changes, and now and then while it is looked at.
 * A node that only changes its driver is not told of by the exceptions: that is found by the reading now and then.
 */
export class NodeFeed {
  #cluster: string | null | undefined;
  #layoutVersion = '';
  #changesSeen = 0;
  #dueAt = Number.NEGATIVE_INFINITY;
  #reading = false;

  /** `next` gets every list that is read; null where another cluster is looked at, until its list is there. */
  constructor(
    private readonly link: Pick<Link, 'query'>,
    private readonly next: (nodes: readonly NodeIdentity[] | null) => void,
  ) {}

  /** Told about every snapshot that is shown; reads where it is due. */
  see({ cluster, layout, exceptions, now }: Seen): void {
    if (this.#reading) return;
    const newest = newestNodeChange(exceptions.changes);
    const moved = layout.version !== this.#layoutVersion || newest > this.#changesSeen;
    if (cluster !== this.#cluster && this.#cluster !== undefined) this.next(null);
    if (cluster === this.#cluster && !moved && now < this.#dueAt) return;
    this.#cluster = cluster;
    this.#layoutVersion = layout.version;
    this.#changesSeen = newest;
    this.#dueAt = now + RENEW_MS;
    void this.#read(cluster, now);
  }

  async #read(cluster: string | null, now: number): Promise<void> {
    this.#reading = true;
    try {
      this.next(await readNodes(this.link, cluster));
    } catch {
      this.#dueAt = now + RETRY_MS; // the link says what is wrong with it
    } finally {
      this.#reading = false;
    }
  }
}
