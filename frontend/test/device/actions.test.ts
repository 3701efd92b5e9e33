import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  eachOf,
  isFailure,
  newKey,
  setStatus,
  setStatuses,
  type StatusChange,
  type Steps,
} from '../../src/data/actions';
import { QueryFailed } from '../../src/data/http';
import type { Link } from '../../src/data/link';
import { changesOf, offersOf, stepsAfter, undoOf } from '../../src/devices/device-steps';

const steps = (id: string, changes: Partial<Steps> = {}): Steps => ({
  id,
  deviceIndex: 3,
  deviceStatus: 'ACTIVE',
  statusReason: null,
  nextStatuses: ['CORDONED', 'DRAINING', 'MAINTENANCE', 'UNHEALTHY', 'OFFLINE'],
  version: 4,
  node: { nodeName: 'h100-07' },
  ...changes,
});

const cordoned = (id: string) =>
  steps(id, { deviceStatus: 'CORDONED', version: 5, nextStatuses: ['ACTIVE', 'DRAINING', 'RETIRED'] });

const cordon = (id: string): StatusChange => ({ device: steps(id), status: 'CORDONED', reason: null });

interface Input {
  readonly deviceId: string;
  readonly expectedVersion: number;
  readonly idempotencyKey: string;
}

/** A server that answers each request with what `answer` makes of it; an error is thrown. */
function server(answer: (input: Input, asked: number) => unknown) {
  const asked: Input[] = [];
  const query = async (_document: unknown, { input }: { input: Input }): Promise<unknown> => {
    asked.push(input);
    const answered = answer(input, asked.length);
    if (answered instanceof Error) throw answered;
    return { setDeviceStatus: answered };
  };
  return { asked, link: { query } as unknown as Pick<Link, 'query'> };
}

const done = ({ deviceId }: Input) => ({ __typename: 'GpuDevice', ...cordoned(deviceId) });

/** What a change comes to, without waiting for the time between two tries. */
async function outcomeOf(link: Pick<Link, 'query'>, change: StatusChange) {
  const outcome = setStatus(link, change);
  await vi.runAllTimersAsync();
  return outcome;
}

describe('one change', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('names the version that was read, under a key of its own', async () => {
    const { link, asked } = server(done);
    await outcomeOf(link, cordon('a'));
    await outcomeOf(link, cordon('b'));
    expect(asked.map(({ expectedVersion }) => expectedVersion)).toEqual([4, 4]);
    expect(asked[0]?.idempotencyKey).not.toBe(asked[1]?.idempotencyKey);
  });

  it('that got no answer is sent again under the same key', async () => {
    const { link, asked } = server((input, count) => (count === 1 ? new TypeError('Failed to fetch') : done(input)));
    const outcome = await outcomeOf(link, cordon('a'));
    expect(isFailure(outcome)).toBe(false);
    expect(asked).toHaveLength(2);
    expect(asked[0]?.idempotencyKey).toBe(asked[1]?.idempotencyKey);
  });

  it('that never gets one has no words of the server', async () => {
    const { link } = server(() => new TypeError('Failed to fetch'));
    expect(await outcomeOf(link, cordon('a'))).toMatchObject({ failure: null });
  });

  it.each([
    ['ConflictError', 'the device has changed'],
    ['IllegalTransitionError', 'no such step'],
    ['ForbiddenError', 'not your role'],
  ])('that is refused with %s is not repeated', async (__typename, message) => {
    const { link, asked } = server(() => ({ __typename, message, code: 'X' }));
    expect(await outcomeOf(link, cordon('a'))).toMatchObject({ failure: message });
    expect(asked).toHaveLength(1);
  });

  it('that fails as a whole says what the server said', async () => {
    const { link, asked } = server(() => new QueryFailed('too many requests'));
    expect(await outcomeOf(link, cordon('a'))).toMatchObject({ failure: 'too many requests' });
    expect(asked).toHaveLength(1);
  });
});

describe('many changes', () => {
  it('go on where one fails, and every one has its outcome in order', async () => {
    const { link } = server((input) =>
      input.deviceId === 'b' ? { __typename: 'ConflictError', message: 'changed', code: 'CONFLICT' } : done(input),
    );
    const seen: string[] = [];
    const outcomes = await setStatuses(link, ['a', 'b', 'c'].map(cordon), ({ change }) => seen.push(change.device.id));
    expect(outcomes.map(isFailure)).toEqual([false, true, false]);
    expect(seen.sort()).toEqual(['a', 'b', 'c']);
  });

  it('are few at a time', async () => {
    let running = 0;
    let most = 0;
    const results = await eachOf([...Array(10).keys()], 4, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 1));
      running -= 1;
      return item * 2;
    });
    expect(most).toBe(4);
    expect(results).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
  });
});

it('a key is made where the browser has no randomUUID', () => {
  const key = newKey({ getRandomValues: (array) => crypto.getRandomValues(array) });
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  expect(key).not.toBe(newKey({ getRandomValues: (array) => crypto.getRandomValues(array) }));
});

describe('what is offered', () => {
  it('are the legal steps, each for the GPUs that can take it', () => {
    const offers = offersOf([steps('a'), cordoned('b')]);
    expect(offers.map(({ action, devices }) => [action, devices.map(({ id }) => id)])).toEqual([
      ['return', ['b']],
      ['cordon', ['a']],
      ['drain', ['a', 'b']],
      ['maintain', ['a']],
      ['retire', ['b']],
    ]);
  });

  it('is nothing for a retired GPU', () => {
    expect(offersOf([steps('a', { deviceStatus: 'RETIRED', nextStatuses: [] })])).toEqual([]);
  });

  it('carries the reason to every GPU', () => {
    const [offer] = offersOf([steps('a'), steps('b')]);
    expect(offer && changesOf(offer, 'firmware').map(({ reason, status }) => [reason, status])).toEqual([
      ['firmware', 'CORDONED'],
      ['firmware', 'CORDONED'],
    ]);
  });
});

describe('undo', () => {
  it('goes back to where each GPU was, with its reason, from its new version', () => {
    const change = { device: steps('a', { statusReason: 'kept' }), status: 'CORDONED', reason: null } as const;
    expect(undoOf([{ change, device: cordoned('a') }])).toEqual([
      { device: cordoned('a'), status: 'ACTIVE', reason: 'kept' },
    ]);
  });

  it('leaves out what failed, and what has no way back', () => {
    const retired = steps('b', { deviceStatus: 'RETIRED', nextStatuses: [] });
    expect(
      undoOf([
        { change: cordon('a'), failure: 'no' },
        { change: cordon('b'), device: retired },
      ]),
    ).toEqual([]);
  });
});

it('what was changed is known without reading it again', () => {
  const after = stepsAfter([steps('a'), steps('b')], [{ change: cordon('a'), device: cordoned('a') }]);
  expect(after.map(({ version }) => version)).toEqual([5, 4]);
});
