import { expect, test } from 'vitest';
import { after, CHANGES_KEPT, type Exceptions, NO_EXCEPTIONS } from '../../src/data/exceptions';
import type { Change, DeviceException } from '../../src/data/types';

const exception = (id: string): DeviceException => ({
  id,
  deviceStatus: 'CORDONED',
  statusReason: 'XID 79',
  version: 1,
});

const change = (sequence: number): Change => ({
  sequence,
  kind: 'DEVICE_STATUS_CHANGED',
  entityId: 'dev_1',
  nodeId: null,
  actor: 'minseo',
  at: '2026-01-01T00:00:00Z',
  reason: null,
  before: 'ACTIVE',
  after: 'CORDONED',
});

type Message = Parameters<typeof after>[1];

function message(changes: Partial<Message>): Message {
  return { sequence: 1, snapshot: false, devices: [], removedDeviceIds: [], changes: [], ...changes };
}

const ids = (exceptions: Exceptions) => [...exceptions.byDevice.keys()];
const sequences = (exceptions: Exceptions) => exceptions.changes.map(({ sequence }) => sequence);

test('a snapshot replaces what was known, a delta adds and removes', () => {
  const first = after(NO_EXCEPTIONS, message({ snapshot: true, devices: [exception('a'), exception('b')] }));
  const second = after(first, message({ devices: [exception('c')], removedDeviceIds: ['a'] }));
  expect(ids(second)).toEqual(['b', 'c']);
  expect(ids(after(second, message({ snapshot: true, devices: [exception('d')] })))).toEqual(['d']);
  expect(ids(first)).toEqual(['a', 'b']);
});

test('changes are kept over a snapshot, newest first, each once', () => {
  const seen = after(NO_EXCEPTIONS, message({ changes: [change(1), change(2)] }));
  const again = after(seen, message({ snapshot: true, changes: [change(2), change(3)] }));
  expect(sequences(again)).toEqual([3, 2, 1]);
});

test('a page that is open for weeks keeps the newest ones', () => {
  let now = NO_EXCEPTIONS;
  for (let sequence = 1; sequence <= 2 * CHANGES_KEPT; sequence++) {
    now = after(now, message({ changes: [change(sequence)] }));
  }
  expect(now.changes.length).toBe(CHANGES_KEPT);
  expect(now.changes[0]?.sequence).toBe(2 * CHANGES_KEPT);
});
