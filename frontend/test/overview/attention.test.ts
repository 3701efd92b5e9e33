import { describe, expect, it } from 'vitest';
import { NO_EXCEPTIONS } from '../../src/data/exceptions';
import { NOBODY } from '../../src/data/holding';
import type { Change, DeviceException, Frame } from '../../src/data/types';
import { type Issue, issuesOf } from '../../src/overview/attention';
import { frame, layout } from '../fleet-of';

const NOW = '2026-01-01T00:00:00Z';

/** Two GPUs on node-a, the rest on node-b. */
function issues(count: number, frames: Partial<Frame>, exceptions: Partial<typeof NO_EXCEPTIONS> = {}) {
  return issuesOf({
    layout: layout(count),
    frame: frame(count, frames),
    exceptions: { ...NO_EXCEPTIONS, ...exceptions },
    holdingOf: NOBODY,
  });
}

function reasons(of: Readonly<Record<string, string>>): ReadonlyMap<string, DeviceException> {
  const each = Object.entries(of).map(([id, statusReason]) => [id, { id, statusReason } as DeviceException] as const);
  return new Map(each);
}

const indices = ({ devices }: Issue) => devices.map(({ index }) => index);

describe('what needs attention', () => {
  it('is nothing where all is well, or on purpose', () => {
    expect(issues(4, {})).toEqual([]);
    expect(issues(4, { deviceStatuses: ['CORDONED', 'DRAINING', 'MAINTENANCE', 'RETIRED'] })).toEqual([]);
  });

  it('is a GPU at 86 °C, and none at 85', () => {
    const [hot, ...more] = issues(4, { temperatureC: [60, 60, 85, 86] });
    expect(more).toEqual([]);
    expect(hot).toMatchObject({ trouble: 'hot', severity: 'warn', celsius: 86, wholeNode: false });
    expect(hot && indices(hot)).toEqual([3]);
  });

  it('is not heat that was read too long ago', () => {
    expect(issues(2, { temperatureC: [90, 60], ageMs: [40_000, 400] }).map(({ trouble }) => trouble)).toEqual([
      'silent',
    ]);
  });

  it('stands together by node and reason', () => {
    const statuses = ['ACTIVE', 'UNHEALTHY', 'UNHEALTHY', 'UNHEALTHY', 'ACTIVE'] as const;
    const byDevice = reasons({ dev_1: 'XID 79', dev_2: 'XID 79', dev_3: 'XID 48' });
    const found = issues(5, { deviceStatuses: statuses }, { byDevice });
    expect(found.map((issue) => [issue.node.nodeName, issue.reason, indices(issue)])).toEqual([
      ['node-a', 'XID 79', [1]],
      ['node-b', 'XID 79', [2]],
      ['node-b', 'XID 48', [3]],
    ]);
  });

  it('is one node where all of its GPUs are gone, those that are retired aside', () => {
    const [gone, ...more] = issues(5, { deviceStatuses: ['ACTIVE', 'ACTIVE', 'OFFLINE', 'OFFLINE', 'RETIRED'] });
    expect(more).toEqual([]);
    expect(gone).toMatchObject({ trouble: 'offline', severity: 'crit', wholeNode: true });
    expect(gone && indices(gone)).toEqual([2, 3]);
  });

  it('is no whole node where it has one GPU only', () => {
    expect(issues(3, { deviceStatuses: ['ACTIVE', 'ACTIVE', 'OFFLINE'] })[0]?.wholeNode).toBe(false);
  });

  it('is a node that went silent, and one that was never read', () => {
    const found = issues(4, { ageMs: [40_000, 45_000, null, null] });
    expect(found.map(({ trouble, wholeNode, ageMs }) => [trouble, wholeNode, ageMs])).toEqual([
      ['silent', true, 45_000],
      ['unread', true, null],
    ]);
  });

  it('names silence later where readings are rare', () => {
    expect(issues(1, { ageMs: [40_000], intervalMs: 60_000 })).toEqual([]);
  });

  it('puts the worst first, then the newest, and what has no age last', () => {
    const found = issues(6, {
      deviceStatuses: ['ACTIVE', 'ACTIVE', 'UNHEALTHY', 'OFFLINE', 'ACTIVE', 'ACTIVE'],
      ageMs: [400, 90_000, 400, 70_000, 400, 40_000],
      temperatureC: [88, 60, 60, 60, 87, 60],
    });
    expect(found.map(({ trouble, ageMs, celsius }) => [trouble, ageMs, celsius])).toEqual([
      ['offline', 70_000, null],
      ['unhealthy', null, null],
      ['silent', 40_000, null],
      ['silent', 90_000, null],
      ['hot', null, 88],
      ['hot', null, 87],
    ]);
  });

  it('is as old as the newest change of its status that was seen', () => {
    const changed = (sequence: number, at: string): Change =>
      ({ sequence, kind: 'DEVICE_STATUS_CHANGED', entityId: 'dev_0', at }) as Change;
    const changes = [changed(9, '2025-12-31T23:59:00Z'), changed(4, '2025-12-31T23:00:00Z')];
    const statuses = ['UNHEALTHY', 'ACTIVE'] as const;
    expect(issues(2, { deviceStatuses: statuses, asOf: NOW }, { changes })[0]?.ageMs).toBe(60_000);
  });
});
