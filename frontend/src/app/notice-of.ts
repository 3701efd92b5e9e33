/** Which one message a snapshot calls for: the worst that is so. Pure. */

import type { Snapshot } from '../data/fleet';
import type { Totals } from '../data/totals';
import { t } from './notices.text';

export type Notice =
  | 'lost'
  | 'unreachable'
  | 'empty'
  | 'emptyCluster'
  | 'noCluster'
  | 'neverRead'
  | 'stale'
  | 'partial'
  | 'partlySimulated'
  | 'simulated';

type Seen = Pick<Snapshot, 'link' | 'feed' | 'frame' | 'totals' | 'cluster' | 'clusters'>;

/** null: all is well, or there is nothing to say yet. */
export function noticeOf({ link, feed, frame, totals, cluster, clusters }: Seen): Notice | null {
  if (link.phase === 'lost') return frame ? 'lost' : 'unreachable';
  if (!totals || !frame) return null;
  if (totals.gpus === 0) {
    if (cluster === null) return 'empty';
    return clusters.includes(cluster) ? 'emptyCluster' : 'noCluster';
  }
  if (feed === 'stale') return totals.newestAgeMs === null ? 'neverRead' : 'stale';
  if (totals.stale || totals.silent) return 'partial';
  if (!frame.collectionSources.includes('SIMULATED')) return null;
  return frame.collectionSources.length > 1 ? 'partlySimulated' : 'simulated';
}

/** What the sums and means leave out, in one line. */
export function partsLeftOut({ stale, silent, gpus }: Pick<Totals, 'stale' | 'silent' | 'gpus'>): string {
  const parts = [];
  if (stale) parts.push(t('old', { n: stale }));
  if (silent) parts.push(t('unread', { n: silent }));
  return parts.length ? t('leftOut', { parts: parts.join(', '), n: gpus }) : '';
}
