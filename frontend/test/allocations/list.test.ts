import { describe, expect, it } from 'vitest';
import { filterOf, isInView, matches } from '../../src/allocations/allocation-filter';
import { AllocationOrder, ordered, RENEW_MS } from '../../src/allocations/allocation-order';
import { allocationsCsv } from '../../src/allocations/allocation-csv';
import { heldGpus, ownersText, releaseQuestion } from '../../src/allocations/asking';
import { hoursOf } from '../../src/allocations/end-dialog';
import { rowOf } from '../../src/allocations/rows';
import type { Allocation } from '../../src/data/allocations';
import { LoadSeen } from '../../src/data/load-seen';
import type { Frame, Viewer } from '../../src/data/types';
import { known } from '../lists/known';
import { allocation, resource } from './allocation-of';

const NOW = Date.parse('2026-01-01T00:00:00Z');

function row(changes: Partial<Allocation> = {}, frames: Partial<Frame> = {}, holding: 'held' | 'idle' = 'held') {
  const shown = known(4, frames);
  const loadSeen = new LoadSeen();
  loadSeen.add(shown.layout, shown.frame);
  return rowOf(allocation(changes), { ...shown, loadSeen, holdingOf: () => holding }, NOW, new Map([['q', 2]]));
}

const TWO = { resources: [resource('dev_0'), resource('dev_1')], gpuEquivalents: 2 };

describe('a row', () => {
  it('has the mean load of what is held as a whole', () => {
    const loaded = row(TWO, { gpuUtilizationPct: [80, 40, 0, 0] });
    expect(loaded).toMatchObject({ utilizationPct: 60, idleMs: null, isIdle: false, where: 'node-a' });
    expect(row().where).toBe('node-a · 0');
  });

  it('has none of a part of a GPU, nor where a reading is missing or old', () => {
    expect(row({ resourceType: 'MIG' }).utilizationPct).toBeNull();
    expect(row({ resourceType: 'SHARED' }).utilizationPct).toBeNull();
    expect(row(TWO, { gpuUtilizationPct: [80, null, 0, 0] }).utilizationPct).toBeNull();
    expect(row(TWO, { ageMs: [400, 99_000, 400, 400] }).utilizationPct).toBeNull();
    expect(row({ resources: [resource('dev_9')] }).utilizationPct).toBeNull();
  });

  it('is idle where all of it is, at least as long as the page looks', () => {
    const idle = { gpuUtilizationPct: [0, 1, 0, 0] };
    expect(row(TWO, idle, 'idle')).toMatchObject({ isIdle: true, idleAtLeast: true, idleMs: 0 });
    expect(row(TWO, idle).isIdle).toBe(false);
    expect(row(TWO, { gpuUtilizationPct: [0, 50, 0, 0] }, 'idle')).toMatchObject({ isIdle: false, idleMs: null });
  });

  it('knows its place in the queue, its age and its end', () => {
    const waiting = row({ id: 'q', status: 'QUEUED', resources: [], requestedTime: '2025-12-31T23:00:00Z' });
    expect(waiting).toMatchObject({ queuePosition: 2, since: NOW - 3_600_000 });
    expect(row({ plannedReleaseTime: '2026-01-01T00:30:00Z' }).endsInMs).toBe(1_800_000);
    expect(row({ status: 'RELEASED', plannedReleaseTime: '2026-01-01T00:30:00Z' }).endsInMs).toBeNull();
    expect(row({ podName: null }).name).toBe('asr');
    expect(row({ podName: null, namespace: null }).name).toBe('alloc_1');
  });
});

describe('the filters', () => {
  it('narrow one another', () => {
    const shown = row({ plannedReleaseTime: '2026-01-01T12:00:00Z' });
    const found = (query: Record<string, string>) => matches(shown, filterOf(query));
    expect(found({ q: 'TRAIN minseo', team: 'speech', type: 'FULL', is: 'soon' })).toBe(true);
    expect(found({ q: 'train other' })).toBe(false);
    expect(found({ team: 'vision' })).toBe(false);
    expect(found({ owner: 'jiwoo,minseo' })).toBe(true);
    expect(found({ type: 'MIG' })).toBe(false);
    expect(found({ is: 'noend' })).toBe(false);
    expect(found({ is: 'noend,ACTIVE' })).toBe(true);
    expect(found({ is: 'nonsense' })).toBe(true);
  });

  it('of a view go by the reader', () => {
    const viewer = { subject: 'minseo', team: 'speech' } as Viewer;
    const other = { subject: 'jiwoo', team: null } as Viewer;
    expect(isInView('mine', allocation(), viewer)).toBe(true);
    expect(isInView('mine', allocation(), other)).toBe(false);
    expect(isInView('team', allocation({ teamId: 'default' }), other)).toBe(true);
    expect(isInView('waiting', allocation({ status: 'QUEUED' }), viewer)).toBe(true);
    expect(isInView('waiting', allocation(), viewer)).toBe(false);
  });
});

describe('the order', () => {
  const rows = [
    row({ id: 'a', plannedReleaseTime: '2026-01-02T00:00:00Z', allocationTime: '2025-12-30T00:00:00Z' }),
    row({ id: 'b', allocationTime: '2025-12-31T00:00:00Z', gpuEquivalents: 8 }),
    row({ id: 'c', plannedReleaseTime: '2026-01-01T01:00:00Z', allocationTime: '2025-12-29T00:00:00Z' }),
  ];
  const ids = (column: Parameters<typeof ordered>[1]['column'], descending = false) =>
    ordered(rows, { column, descending }).map(({ allocation: { id } }) => id);

  it('is the newest first, or that of a column with what is unknown at the end', () => {
    expect(ids('since')).toEqual(['b', 'a', 'c']);
    expect(ids('since', true)).toEqual(['c', 'a', 'b']);
    expect(ids('ends')).toEqual(['c', 'a', 'b']);
    expect(ids('gpus', true)).toEqual(['b', 'a', 'c']);
  });

  it('is renewed seldom, and at once for other rows', () => {
    const order = new AllocationOrder();
    const sort = { column: 'since', descending: false } as const;
    order.follow('1', 0, () => rows, sort);
    order.follow('1', RENEW_MS - 1, () => [], sort);
    expect(order.ids).toHaveLength(3);
    order.follow('2', RENEW_MS - 1, () => rows.slice(1), sort);
    expect(order.ids).toHaveLength(2);
    order.follow('2', 2 * RENEW_MS, () => [], sort);
    expect(order.ids).toHaveLength(0);
  });
});

describe('a release', () => {
  const mine = allocation();
  const theirs = allocation({ id: 'alloc_2', userId: 'jiwoo', gpuEquivalents: 0.25 });

  it('names the owners, and asks for a word where other people lose something', () => {
    expect(ownersText([mine, theirs, { ...theirs, id: 'x' }])).toBe('jiwoo (2), minseo (1)');
    expect(heldGpus([mine, theirs])).toBe(1.25);
    expect(releaseQuestion([mine], { subject: 'minseo' })).toMatchObject({ grave: false, word: null });
    expect(releaseQuestion([mine, theirs], { subject: 'minseo' })).toMatchObject({ grave: true, word: 'jiwoo' });
    expect(releaseQuestion([mine, theirs], { subject: 'ops' })).toMatchObject({ grave: true, word: '2' });
    const waiting = allocation({ status: 'QUEUED', gpuEquivalents: 0, userId: 'jiwoo' });
    expect(releaseQuestion([waiting], { subject: 'minseo' })).toMatchObject({ grave: false, word: null });
    expect(releaseQuestion([], null)).toBeNull();
  });

  it('or a new end takes hours as people type them', () => {
    expect(['24', '0.5', '1,000', ' 72 '].map(hoursOf)).toEqual([24, 0.5, 1000, 72]);
    expect(['', '0', '-1', '9000', '1h'].map(hoursOf)).toEqual([null, null, null, null, null]);
  });
});

it('a file has one line for each row, and leaves out what is unknown', () => {
  const [head, line] = allocationsCsv([row({ resourceType: 'MIG' })])
    .trim()
    .split('\r\n');
  const cells = Object.fromEntries((head ?? '').split(',').map((name, at) => [name, (line ?? '').split(',')[at]]));
  expect(cells).toMatchObject({
    user: 'minseo',
    status: 'ACTIVE',
    utilization_pct: '',
    idle_s: '',
    gpu_equivalents: '1',
  });
});
