import { describe, expect, it } from 'vitest';
import { allocationsAfter, mayChange, NO_ALLOCATIONS } from '../../src/data/allocations';
import { holdingAt } from '../../src/data/holding';
import { LoadSeen } from '../../src/data/load-seen';
import { judge, stateOf } from '../../src/data/states';
import { totalsOf } from '../../src/data/totals';
import { frame, layout } from '../fleet-of';
import { allocation, resource } from './allocation-of';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const HOUR_MS = 3_600_000;

const event = (allocations: readonly ReturnType<typeof allocation>[], snapshot = false, sequence = 1) => ({
  sequence,
  snapshot,
  allocations,
});

/** A page that has seen these loads of the first GPU, each so many minutes ago. */
function seen(...loads: readonly (readonly [minutesAgo: number, pct: number | null])[]): LoadSeen {
  const load = new LoadSeen();
  for (const [minutes, pct] of loads) {
    const asOf = new Date(NOW - minutes * 60_000).toISOString();
    load.add(layout(1), frame(1, { asOf, gpuUtilizationPct: [pct] }));
  }
  return load;
}

describe('live allocations', () => {
  it('are those of the snapshot, then as they change, without those that ended', () => {
    const first = allocationsAfter(NO_ALLOCATIONS, event([allocation(), allocation({ id: 'alloc_2' })], true));
    expect([...first.byId.keys()]).toEqual(['alloc_1', 'alloc_2']);
    const then = allocationsAfter(first, event([allocation({ status: 'RELEASED', version: 4 })]));
    expect([...then.byId.keys()]).toEqual(['alloc_2']);
    expect(allocationsAfter(then, event([], true)).byId.size).toBe(0);
  });

  it('are not set back by a message that was overtaken', () => {
    const now = allocationsAfter(NO_ALLOCATIONS, event([allocation({ version: 5, teamId: 'new' })], true));
    expect(allocationsAfter(now, event([allocation({ version: 4 })])).byId.get('alloc_1')?.teamId).toBe('new');
  });

  it('hold their devices once they have them, and not while they wait', () => {
    const shares = [resource('dev_1'), resource('dev_1')];
    const { byDevice } = allocationsAfter(
      NO_ALLOCATIONS,
      event(
        [allocation(), allocation({ id: 'b', resources: shares }), allocation({ id: 'c', status: 'QUEUED' })],
        true,
      ),
    );
    expect(byDevice.get('dev_0')?.map(({ id }) => id)).toEqual(['alloc_1']);
    expect(byDevice.get('dev_1')?.map(({ id }) => id)).toEqual(['b']);
  });
});

describe('a GPU that is held', () => {
  const held = allocationsAfter(NO_ALLOCATIONS, event([allocation()], true));
  const holding = (load: LoadSeen, of = held) => holdingAt(of, load, NOW)('dev_0');

  it('is idle without load for over an hour, since it was given out or last had load', () => {
    expect(holding(seen([1, 0]))).toBe('idle'); // given out two hours ago
    expect(holding(seen([50, 80], [1, 0]))).toBe('held');
    expect(holding(seen([70, 80], [1, 0]))).toBe('idle');
    const fresh = allocation({ allocationTime: new Date(NOW - HOUR_MS / 2).toISOString() });
    expect(holding(seen([1, 0]), allocationsAfter(NO_ALLOCATIONS, event([fresh], true)))).toBe('held');
    expect(holdingAt(held, seen(), NOW)('dev_9')).toBe('none');
  });

  it('is in use while an instance of it is held: nobody measures its load', () => {
    const mig = allocationsAfter(NO_ALLOCATIONS, event([allocation({ resourceType: 'MIG' })], true));
    expect(holding(seen([1, 0]), mig)).toBe('held');
  });

  it('counts as allocated, whatever its load and memory', () => {
    expect(stateOf('ACTIVE', 0, 0, false, 'held')).toBe('use');
    expect(stateOf('ACTIVE', 0, 0, false, 'idle')).toBe('held');
    expect(stateOf('ACTIVE', 50, 0, false, 'idle')).toBe('use');
    expect(stateOf('ACTIVE', 0, 0, true, 'held')).toBe('nodata');
    expect(stateOf('CORDONED', 0, 0, false, 'held')).toBe('out');
    const [fleet, shown] = [layout(2), frame(2, { gpuUtilizationPct: [0, 0], memoryUsedMb: [0, 0] })];
    const judged = judge(fleet, shown, 0, holdingAt(held, seen([1, 0]), NOW));
    expect(judged.states).toEqual(['held', 'free']);
    expect(totalsOf(fleet, shown, judged).allocated).toBe(1);
  });

  it('is without load since the page looks, its last load, or it was given out', () => {
    const at = NOW - 2 * HOUR_MS;
    expect(seen([5, 0], [1, 0]).withoutLoad('dev_0', at)).toEqual({ since: NOW - 300_000, orBefore: true });
    expect(seen([5, 50], [1, 0]).withoutLoad('dev_0', at)).toEqual({ since: NOW - 300_000, orBefore: false });
    expect(seen([5, 50], [1, 0]).withoutLoad('dev_0', NOW - 60_000)).toEqual({ since: NOW - 60_000, orBefore: false });
    expect(seen([1, null]).withoutLoad('dev_0', at)).toBeNull();
  });
});

describe('who may change an allocation', () => {
  const viewer = { subject: 'jiwoo', team: null, permissions: ['REQUEST_ALLOCATION'] } as const;

  it('is its owner, its team, and whoever manages all', () => {
    expect(mayChange(viewer, allocation())).toBe(false);
    expect(mayChange({ ...viewer, subject: 'minseo' }, allocation())).toBe(true);
    expect(mayChange({ ...viewer, team: 'speech' }, allocation())).toBe(true);
    expect(mayChange({ ...viewer, permissions: ['REQUEST_ALLOCATION', 'MANAGE_ALLOCATIONS'] }, allocation())).toBe(
      true,
    );
    expect(mayChange({ ...viewer, subject: 'minseo', permissions: ['READ_FLEET'] }, allocation())).toBe(false);
    expect(mayChange(null, allocation())).toBe(false);
  });
});
