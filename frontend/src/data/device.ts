/** One GPU or node in full, and its readings over time. */

import {
  DeviceClocksDocument,
  DeviceDetailsDocument,
  type DeviceDetailsQuery,
  NodeDetailsDocument,
  type NodeDetailsQuery,
} from './generated/graphql';
import type { History, Metric, Series } from './history';
import type { Link } from './link';
import { EMPTY, merge, since, together } from './series';
import type { Change } from './types';

/** What is known of one GPU besides its readings. */
export type DeviceDetails = Extract<NonNullable<DeviceDetailsQuery['node']>, { readonly __typename: 'GpuDevice' }>;

/** What is known of one node. */
export type NodeDetails = Extract<NonNullable<NodeDetailsQuery['node']>, { readonly __typename: 'GpuNode' }>;

/** null: there is no such GPU, or not for this reader. */
export async function readDevice(link: Pick<Link, 'query'>, id: string): Promise<DeviceDetails | null> {
  const { node } = await link.query(DeviceDetailsDocument, { id });
  return node?.__typename === 'GpuDevice' ? node : null;
}

/** null: there is no such node, or not for this reader. */
export async function readNode(link: Pick<Link, 'query'>, id: string): Promise<NodeDetails | null> {
  const { node } = await link.query(NodeDetailsDocument, { id });
  return node?.__typename === 'GpuNode' ? node : null;
}

/** The number of the newest change of any of these that this page has seen; 0: none. */
export function newestChange(changes: readonly Change[], ids: ReadonlySet<string>): number {
  return changes.find((change) => ids.has(change.entityId))?.sequence ?? 0;
}

/** The clocks of one GPU, in MHz; null: unknown. */
export interface Clocks {
  readonly smMhz: number | null;
  readonly memoryMhz: number | null;
}

/** Follows the clocks of one GPU; returns how to stop. */
export function followClocks(link: Pick<Link, 'subscribe'>, id: string, next: (clocks: Clocks) => void): () => void {
  return link.subscribe(DeviceClocksDocument, { ids: [id] }, ({ gpuMetrics }) => {
    const [reading] = gpuMetrics;
    if (reading) next({ smMhz: reading.smClockMhz, memoryMhz: reading.memoryClockMhz });
  });
}

/** Somewhere that readings over time come from: what this page has seen, later also what the server has stored. */
export interface HistorySource {
  /** Oldest first; what is not known is not there, or NaN. */
  series(metric: Metric): Series;
}

/** Sources as one, the more trusted last: a line drawn over it has no seam. */
export function joined(...sources: readonly HistorySource[]): HistorySource {
  return { series: (metric) => sources.reduce((all, source) => merge(all, source.series(metric)), EMPTY) };
}

/** The page's rings over some GPUs, as the mean or the sum of them. */
export function seen(history: History, positions: readonly number[], how: 'mean' | 'sum' = 'mean'): HistorySource {
  return {
    series: (metric) =>
      together(
        positions.map((at) => history.device(at, metric)),
        how,
      ),
  };
}

/** How long a recorder keeps readings. */
export const KEPT_S = 3600;

/** Keeps what a source has shown for an hour: rings are shorter in large fleets and start anew when GPUs come or go. */
export class Recorder implements HistorySource {
  readonly #kept = new Map<Metric, Series>();

  record(source: HistorySource, metrics: readonly Metric[]): void {
    for (const metric of metrics) {
      const all = merge(this.series(metric), source.series(metric));
      this.#kept.set(metric, since(all, (all.times.at(-1) ?? 0) - KEPT_S));
    }
  }

  series(metric: Metric): Series {
    return this.#kept.get(metric) ?? EMPTY;
  }
}
