import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Renewal } from '../../src/mig/renewal';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it('reads at the start and on every change, one at a time', async () => {
  const answers: ((busy: boolean) => void)[] = [];
  const read = vi.fn(() => new Promise<boolean>((resolve) => answers.push(resolve)));
  const renewal = new Renewal(read);
  let changed = () => {};
  renewal.start((then) => {
    changed = then;
    return () => {};
  });
  changed();
  changed();
  expect(read).toHaveBeenCalledTimes(1);
  answers[0]?.(false);
  await pass(0);
  expect(read).toHaveBeenCalledTimes(2);
  answers[1]?.(false);
  await pass(60_000);
  expect(read).toHaveBeenCalledTimes(2);
});

it('looks each second while a change is under way, and again after a failure', async () => {
  const read = vi
    .fn<() => Promise<boolean>>()
    .mockResolvedValueOnce(true)
    .mockRejectedValueOnce(new Error())
    .mockResolvedValue(false);
  const renewal = new Renewal(read);
  renewal.start(() => () => {});
  await pass(1000);
  expect(read).toHaveBeenCalledTimes(2);
  await pass(4900);
  expect(read).toHaveBeenCalledTimes(2);
  await pass(100);
  expect(read).toHaveBeenCalledTimes(3);
});

it('is over when it is stopped', async () => {
  const read = vi.fn().mockResolvedValue(true);
  const unfollow = vi.fn();
  const renewal = new Renewal(read);
  renewal.start(() => unfollow);
  renewal.stop();
  await pass(10_000);
  expect(read).toHaveBeenCalledTimes(1);
  expect(unfollow).toHaveBeenCalledOnce();
});
