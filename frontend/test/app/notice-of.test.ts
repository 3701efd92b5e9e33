import { describe, expect, it } from 'vitest';
import { noticeOf, partsLeftOut } from '../../src/app/notice-of';
import type { Snapshot } from '../../src/data/fleet';
import type { LinkState } from '../../src/data/link';
import type { Totals } from '../../src/data/totals';
import type { Frame } from '../../src/data/types';

const link = (phase: LinkState['phase']): LinkState => ({ phase, reason: '', retryAt: null, hasToken: false });

const totals = (some: Partial<Totals> = {}) => ({ gpus: 8, stale: 0, silent: 0, newestAgeMs: 400, ...some }) as Totals;

const frame = (...collectionSources: Frame['collectionSources']) => ({ collectionSources }) as Frame;

function seen(some: Partial<Snapshot> = {}) {
  return {
    link: link('open'),
    feed: 'live' as const,
    frame: frame('NVML'),
    totals: totals(),
    cluster: null,
    clusters: ['seoul', 'busan'],
    ...some,
  };
}

describe('the notice', () => {
  it('says nothing while all is well, or nothing is known yet', () => {
    expect(noticeOf(seen())).toBeNull();
    expect(noticeOf(seen({ link: link('connecting'), frame: null, totals: null }))).toBeNull();
    expect(noticeOf(seen({ link: link('refused'), frame: null, totals: null }))).toBeNull();
  });

  it('tells a lost connection from a server that never answered', () => {
    expect(noticeOf(seen({ link: link('lost'), feed: 'offline' }))).toBe('lost');
    expect(noticeOf(seen({ link: link('lost'), feed: 'offline', frame: null, totals: null }))).toBe('unreachable');
  });

  it('tells an empty fleet from an empty cluster and from one that is not there', () => {
    const empty = { totals: totals({ gpus: 0, newestAgeMs: null }), frame: frame() };
    expect(noticeOf(seen(empty))).toBe('empty');
    expect(noticeOf(seen({ ...empty, cluster: 'busan' }))).toBe('emptyCluster');
    expect(noticeOf(seen({ ...empty, cluster: 'busan2' }))).toBe('noCluster');
  });

  it('puts the worst first', () => {
    const worst = { frame: frame('SIMULATED'), totals: totals({ stale: 2 }), feed: 'stale' as const };
    expect(noticeOf(seen({ ...worst, link: link('lost') }))).toBe('lost');
    expect(noticeOf(seen(worst))).toBe('stale');
    expect(noticeOf(seen({ ...worst, totals: totals({ newestAgeMs: null, silent: 8 }) }))).toBe('neverRead');
    expect(noticeOf(seen({ ...worst, feed: 'live' }))).toBe('partial');
    expect(noticeOf(seen({ ...worst, feed: 'live', totals: totals() }))).toBe('simulated');
    expect(noticeOf(seen({ frame: frame('SIMULATED', 'AGENT') }))).toBe('partlySimulated');
  });
});

describe('what is left out', () => {
  it('is counted', () => {
    expect(partsLeftOut({ stale: 1, silent: 0, gpus: 8 })).toBe(
      '1 GPU with an old reading, of 8. Sums and means leave them out.',
    );
    expect(partsLeftOut({ stale: 3, silent: 2, gpus: 1024 })).toContain(
      '3 GPUs with old readings, 2 GPUs without a reading, of 1024',
    );
    expect(partsLeftOut({ stale: 0, silent: 0, gpus: 8 })).toBe('');
  });
});
