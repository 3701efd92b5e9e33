/** The word and the detail of the live indicator. Pure but for the language. */

import type { Feed, Snapshot } from '../data/fleet';
import { clock, duration } from '../format/format';
import { t } from './live.text';

export type LiveState = Feed | 'signedOut';

type Seen = Pick<Snapshot, 'link' | 'feed' | 'now' | 'pausedAt' | 'totals' | 'sinceMs'>;

export function liveState({ link, feed }: Pick<Seen, 'link' | 'feed'>): LiveState {
  return link.phase === 'refused' ? 'signedOut' : feed;
}

/** What stands after the word: an age, a countdown, a time. */
export function liveDetail(seen: Seen): string {
  const { link, now, pausedAt, totals } = seen;
  switch (liveState(seen)) {
    case 'offline':
      if (link.retryAt === null || link.retryAt <= now) return t('reconnecting');
      return t('retryIn', { seconds: Math.ceil((link.retryAt - now) / 1000) });
    case 'paused':
      return pausedAt ? t('pausedAt', { time: clock(pausedAt) }) : '';
    case 'signedOut':
    case 'connecting':
      return '';
    default:
      // With no GPU there is no reading: the age is that of the answer.
      if (totals?.gpus === 0) return duration(seen.sinceMs);
      return totals === null || totals.newestAgeMs === null ? '' : duration(totals.newestAgeMs);
  }
}
