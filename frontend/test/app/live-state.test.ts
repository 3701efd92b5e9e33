import { afterEach, describe, expect, it } from 'vitest';
import { liveDetail, liveState } from '../../src/app/live-state';
import type { Feed } from '../../src/data/fleet';
import type { LinkState } from '../../src/data/link';
import type { Totals } from '../../src/data/totals';
import { locale } from '../../src/i18n/locale';

function seen(feed: Feed, some: { link?: Partial<LinkState>; age?: number | null; gpus?: number } = {}) {
  const { link, age = 400, gpus = 8 } = some;
  return {
    link: { phase: 'open' as const, reason: '', retryAt: null, hasToken: false, ...link },
    feed,
    now: 10_000,
    pausedAt: feed === 'paused' ? new Date(2026, 6, 9, 10, 41, 2) : null,
    totals: { gpus, newestAgeMs: age } as Totals,
    sinceMs: 700,
  };
}

describe('the live indicator', () => {
  afterEach(() => {
    locale.value = 'en';
  });

  it('says how old the data is', () => {
    expect(liveDetail(seen('live'))).toBe('0.4 s');
    expect(liveDetail(seen('slow', { age: 8_000 }))).toBe('8.0 s');
    expect(liveDetail(seen('stale', { age: 42_000 }))).toBe('42 s');
    expect(liveDetail(seen('stale', { age: null }))).toBe('');
  });

  it('with no GPU says how old the answer is', () => {
    expect(liveDetail(seen('live', { gpus: 0, age: null }))).toBe('0.7 s');
  });

  it('counts down to the next try', () => {
    expect(liveDetail(seen('offline', { link: { phase: 'lost', retryAt: 14_200 } }))).toBe('retry in 5 s');
    expect(liveDetail(seen('offline', { link: { phase: 'lost', retryAt: 9_000 } }))).toBe('reconnecting');
    expect(liveDetail(seen('offline', { link: { phase: 'lost' } }))).toBe('reconnecting');
    locale.value = 'ko';
    expect(liveDetail(seen('offline', { link: { phase: 'lost', retryAt: 14_200 } }))).toBe('5초 후 재시도');
  });

  it('says since when it is paused, and nothing of the age while it is signed out', () => {
    expect(liveDetail(seen('paused'))).toBe('at 10:41:02');
    const refused = seen('offline', { link: { phase: 'refused' } });
    expect(liveState(refused)).toBe('signedOut');
    expect(liveDetail(refused)).toBe('');
  });
});
