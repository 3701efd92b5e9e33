import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WantedLayout } from '../../src/data/mig';
import { CHECK_AFTER_MS, DryRun } from '../../src/mig/dry-run';

const layout = (deviceId: string, start = 0): WantedLayout => ({
  deviceId,
  placements: [{ profileName: '3g.40gb', placementStart: start }],
  releaseAllocations: [],
});

/** A server that answers with what it was asked; `hold` keeps the answers back. */
function server() {
  const asked: WantedLayout[] = [];
  let held: (() => void)[] | null = null;
  const query = async (_document: unknown, { input }: { input: WantedLayout }) => {
    asked.push(input);
    if (held) await new Promise<void>((resolve) => held?.push(resolve));
    return {
      migLayoutPlan: { __typename: 'MigLayoutPlan', devices: [{ deviceId: input.deviceId, asked: input }] },
    };
  };
  return {
    link: { query } as never,
    asked,
    hold: () => {
      held = [];
    },
    answer: () => {
      const all = held ?? [];
      held = null;
      all.forEach((resolve) => resolve());
    },
  };
}

describe('the dry run', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

  it('asks a moment after the last change, and only what is new', async () => {
    const { link, asked } = server();
    const run = new DryRun(link, () => {});
    run.want([layout('a')]);
    await pass(CHECK_AFTER_MS - 50);
    run.want([layout('a', 4)]);
    await pass(CHECK_AFTER_MS - 50);
    expect(asked).toEqual([]);
    await pass(50);
    expect(asked).toEqual([layout('a', 4)]);
    run.want([layout('a', 4), layout('b')]);
    await pass(CHECK_AFTER_MS);
    expect(asked).toEqual([layout('a', 4), layout('b')]);
  });

  it('has no answer to what has changed since, and drops one that comes late', async () => {
    const { link, hold, answer } = server();
    const changed = vi.fn();
    const run = new DryRun(link, changed);
    hold();
    run.want([layout('a')]);
    await pass(CHECK_AFTER_MS);
    run.want([layout('a', 4)]);
    answer();
    await pass(0);
    expect(run.of('a')).toBeNull();
    await pass(CHECK_AFTER_MS);
    expect(run.of('a')?.answer).toMatchObject({ asked: layout('a', 4) });
    run.want([]);
    expect(run.of('a')).toBeNull();
  });

  it('keeps its answers while it asks again, and then has newer ones', async () => {
    const { link, asked } = server();
    const run = new DryRun(link, () => {});
    run.want([layout('a')]);
    await pass(CHECK_AFTER_MS);
    const first = run.of('a')?.at ?? 0;
    run.again();
    expect(run.of('a')).not.toBeNull();
    await pass(CHECK_AFTER_MS);
    expect(asked).toHaveLength(2);
    expect(run.of('a')?.at).toBeGreaterThan(first);
  });

  it('asks nothing where nothing is planned, or after it was stopped', async () => {
    const { link, asked } = server();
    const run = new DryRun(link, () => {});
    run.again();
    run.want([layout('a')]);
    run.stop();
    await pass(1000);
    expect(asked).toEqual([]);
  });

  it('tells a failure as one', async () => {
    const link = { query: () => Promise.reject(new Error('no route')) } as never;
    const run = new DryRun(link, () => {});
    run.want([layout('a')]);
    await pass(CHECK_AFTER_MS);
    expect(run.of('a')?.answer).toEqual({ failure: null });
  });
});
