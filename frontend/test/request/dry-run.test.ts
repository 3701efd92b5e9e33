import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QueryFailed } from '../../src/data/http';
import type { Link } from '../../src/data/link';
import { AFTER_MS, DryRun, VALID_MS, validAnswer } from '../../src/request/dry-run';
import { askedOf, EMPTY } from '../../src/request/form';
import { Sending } from '../../src/request/sending';

type Query = Pick<Link, 'query'>;
type Sent = Record<string, unknown>;

const GRANTED = { __typename: 'AllocationAnswer', status: 'ACTIVE', granted: true };
const REFUSED = { __typename: 'AllocationAnswer', status: 'NO_RESOURCE', granted: false };
const WAITS = { __typename: 'AllocationAnswer', status: 'QUEUED', granted: false };

/** A server that says what `answer` returns, or throws. */
function server(answer: (input: Sent) => unknown) {
  const sent: Sent[] = [];
  const link = {
    query: async (_: unknown, { input }: { input: Sent }) => {
      sent.push(input);
      return { requestAllocation: answer(input) };
    },
  } as unknown as Query;
  return { link, sent };
}

const asked = (count: string) => askedOf({ ...EMPTY, count });

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('the answer that follows the form', () => {
  it('is asked for once the form stands still, and takes nothing', async () => {
    const { link, sent } = server(() => GRANTED);
    const run = new DryRun(link, () => {});
    run.follow(asked('1'));
    await vi.advanceTimersByTimeAsync(AFTER_MS - 1);
    run.follow(asked('2'));
    expect(run.state.phase).toBe('checking');
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    expect(sent.map(({ gpuCount, dryRun }) => [gpuCount, dryRun])).toEqual([[2, true]]);
    expect(run.state).toMatchObject({ phase: 'answered', told: { answer: GRANTED } });
    run.follow(asked('2'));
    expect(run.state.phase).toBe('answered');
  });

  it('is not that of an earlier form that comes late', async () => {
    const waiting: ((value: unknown) => void)[] = [];
    const link = {
      query: () => new Promise((resolve) => waiting.push((answer) => resolve({ requestAllocation: answer }))),
    } as unknown as Query;
    const run = new DryRun(link, () => {});
    run.follow(asked('1'));
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    run.follow(asked('2'));
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    waiting[0]?.(REFUSED);
    await vi.advanceTimersByTimeAsync(1);
    expect(run.state.phase).toBe('checking');
    waiting[1]?.(GRANTED);
    await vi.advanceTimersByTimeAsync(1);
    expect(run.state.told?.answer).toEqual(GRANTED);
  });

  it('counts for half a minute, then is asked for anew', async () => {
    const { link, sent } = server(() => GRANTED);
    const run = new DryRun(link, () => {});
    run.follow(asked('1'));
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    const { at } = run.state;
    expect(validAnswer(run.state, at + VALID_MS)).not.toBeNull();
    expect(validAnswer(run.state, at + VALID_MS + 1)).toBeNull();
    run.tick(at + VALID_MS);
    expect(sent).toHaveLength(1);
    run.tick(at + VALID_MS + 1);
    expect(sent).toHaveLength(2);
  });

  it('is asked for anew where the fleet changed beneath it, but not at every change', async () => {
    const { link, sent } = server(() => GRANTED);
    const run = new DryRun(link, () => {});
    run.follow(asked('1'));
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    const now = performance.now();
    run.moved();
    run.tick(now + 1000);
    expect(sent).toHaveLength(1);
    run.tick(now + 2500);
    run.tick(now + 2600);
    await vi.advanceTimersByTimeAsync(1);
    run.tick(now + 5000);
    expect(sent).toHaveLength(2);
  });

  it('says whether waiting would do where it is refused', async () => {
    const { link, sent } = server(({ queue }) => (queue ? WAITS : REFUSED));
    const run = new DryRun(link, () => {});
    run.follow(asked('1'));
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    expect(run.state.told).toEqual({ answer: REFUSED, couldQueue: true });
    expect(sent.every(({ dryRun }) => dryRun === true)).toBe(true);
  });

  it('is nothing without a size; a fault keeps the last answer aside; a failure is tried again', async () => {
    let answer: () => unknown = () => ({ __typename: 'InvalidInputError', message: 'no', path: ['gpuCount'] });
    const { link } = server(() => answer());
    const run = new DryRun(link, () => {});
    run.follow(asked(''));
    expect(run.state.phase).toBe('empty');
    run.follow(asked('x'));
    expect(run.state).toMatchObject({ phase: 'faulty', wrong: ['count'] });
    run.follow(asked('0'));
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    expect(run.state).toMatchObject({ phase: 'faulty', fault: { path: ['gpuCount'] } });
    answer = () => {
      throw new TypeError('network');
    };
    run.follow(asked('3'));
    await vi.advanceTimersByTimeAsync(AFTER_MS);
    expect(run.state.phase).toBe('failed');
    answer = () => GRANTED;
    run.tick(performance.now() + 6000);
    await vi.advanceTimersByTimeAsync(1);
    expect(run.state.phase).toBe('answered');
  });
});

describe('a request that is sent', () => {
  const input = { gpuCount: 1 };

  it('keeps its key until an answer comes, and is the same request again', async () => {
    let fails = true;
    const { link, sent } = server(() => {
      if (fails) throw new TypeError('network');
      return GRANTED;
    });
    const sending = new Sending(link, () => {});
    await sending.send(input);
    expect(sending.state.phase).toBe('unanswered');
    fails = false;
    await sending.send({ gpuCount: 8 });
    expect(sending.state).toMatchObject({ phase: 'answered', answer: GRANTED });
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[0]).toMatchObject({ gpuCount: 1, dryRun: false });
    await sending.send({ gpuCount: 8 });
    expect(sent[2]).toMatchObject({ gpuCount: 8 });
    expect(sent[2]?.idempotencyKey).not.toBe(sent[0]?.idempotencyKey);
  });

  it('is another one after it was given up', async () => {
    const { link, sent } = server(() => ({ __typename: 'UnavailableError', message: 'away', path: [] }));
    const sending = new Sending(link, () => {});
    await sending.send(input);
    expect(sending.state.phase).toBe('unanswered');
    sending.clear();
    await sending.send(input);
    expect(sent[1]?.idempotencyKey).not.toBe(sent[0]?.idempotencyKey);
  });

  it('that the server refuses is over', async () => {
    const { link } = server(() => {
      throw new QueryFailed('too complex');
    });
    const sending = new Sending(link, () => {});
    await sending.send(input);
    expect(sending.state).toEqual({ phase: 'refused', fault: { message: 'too complex', path: [] } });
  });
});
