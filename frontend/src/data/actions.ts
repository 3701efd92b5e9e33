/** Taking GPUs through their life: cordon, drain, maintain, return, retire. */

import { type DeviceStepFragment, DeviceStepsDocument, SetDeviceStatusDocument } from './generated/graphql';
import { QueryFailed, TokenNeeded } from './http';
import type { Link } from './link';
import type { DeviceStatus } from './types';

type Query = Pick<Link, 'query'>;

/** A GPU with the steps that are legal from where it is. */
export type Steps = DeviceStepFragment;

/** GPUs asked for in one query. */
const PAGE_SIZE = 1000;

/** Changes that are on their way at once. */
export const AT_ONCE = 4;

/** How long to wait before a change that got no answer is sent again, under the same key. */
const AGAIN_AFTER_MS = 700;

/** One change of one GPU. */
export interface StatusChange {
  readonly device: Steps;
  readonly status: DeviceStatus;
  readonly reason: string | null;
}

/** What came of it: the GPU as it is now, or why not, in the server's words; null: no answer came. */
export type Outcome =
  | { readonly change: StatusChange; readonly device: Steps }
  | { readonly change: StatusChange; readonly failure: string | null };

export function isFailure(outcome: Outcome): outcome is Extract<Outcome, { readonly failure: string | null }> {
  return 'failure' in outcome;
}

/** The steps that are legal for each of these GPUs now; those that are gone are left out. */
export async function readSteps(link: Query, ids: readonly string[]): Promise<readonly Steps[]> {
  const steps: Steps[] = [];
  for (let from = 0; from < ids.length; from += PAGE_SIZE) {
    const page = ids.slice(from, from + PAGE_SIZE);
    const { devices } = await link.query(DeviceStepsDocument, { first: PAGE_SIZE, ids: page });
    steps.push(...devices.nodes);
  }
  return steps;
}

/** Makes every change, a few at a time; `done` is called after each. Every one has an outcome, in the order given. */
export function setStatuses(
  link: Query,
  changes: readonly StatusChange[],
  done: (outcome: Outcome) => void = () => {},
): Promise<readonly Outcome[]> {
  return eachOf(changes, AT_ONCE, async (change) => {
    const outcome = await setStatus(link, change);
    done(outcome);
    return outcome;
  });
}

/** Makes one change. Asked again under the same key where no answer came, so that it happens once. */
export async function setStatus(link: Query, change: StatusChange): Promise<Outcome> {
  const idempotencyKey = newKey();
  const first = await attempt(link, change, idempotencyKey);
  if (!first.again) return first.outcome;
  await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  return (await attempt(link, change, idempotencyKey)).outcome;
}

async function attempt(link: Query, change: StatusChange, idempotencyKey: string) {
  const { device, status, reason } = change;
  const input = { deviceId: device.id, status, reason, expectedVersion: device.version, idempotencyKey };
  try {
    const { setDeviceStatus: answer } = await link.query(SetDeviceStatusDocument, { input });
    if (answer.__typename === 'GpuDevice') return { outcome: { change, device: answer }, again: false };
    return { outcome: { change, failure: answer.message }, again: answer.__typename === 'UnavailableError' };
  } catch (error) {
    const answered = error instanceof TokenNeeded || error instanceof QueryFailed;
    return { outcome: { change, failure: answered ? error.message : null }, again: !answered };
  }
}

/** Does `work` for every item, at most `most` at once; the results in the order of the items. */
export async function eachOf<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Array<R>(items.length);
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [at, item] of waiting) results[at] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}

/** A key nobody has used. `randomUUID` exists on secure origins only; this page is also read over plain HTTP. */
export function newKey(random: Pick<Crypto, 'getRandomValues'> & Partial<Pick<Crypto, 'randomUUID'>> = crypto): string {
  if (random.randomUUID) return random.randomUUID();
  const bytes = random.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
