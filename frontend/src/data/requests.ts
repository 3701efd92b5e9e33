/** Asking for GPUs, giving them back, moving their end. */

import { AT_ONCE, eachOf, newKey } from './actions';
import type { Allocation } from './allocations';
import {
  ExtendAllocationDocument,
  ReleaseAllocationDocument,
  RequestAllocationDocument,
  type RequestAllocationInput,
  type RequestAllocationMutation,
} from './generated/graphql';
import { QueryFailed, TokenNeeded } from './http';
import type { Link } from './link';

export type {
  AlternativeKind,
  Priority,
  RequestAllocationInput,
  RequestStep,
  ResourceType,
  Spread,
  WorkloadType,
} from './generated/graphql';

type Query = Pick<Link, 'query'>;

/** Where a request can go or has gone and why, or at which step it ended and what would do. */
export type Answer = Extract<
  RequestAllocationMutation['requestAllocation'],
  { readonly __typename: 'AllocationAnswer' }
>;

/** Something near the request that would work. */
export type Alternative = Answer['alternatives'][number];

/** Why it was not even looked at: in the server's words, with the input field at fault. */
export type Fault = Exclude<
  RequestAllocationMutation['requestAllocation'],
  { readonly __typename: 'AllocationAnswer' }
>;

/** Asks; the answer or the fault. Throws what `Link.query` throws where none came. */
export async function ask(link: Query, input: RequestAllocationInput): Promise<Answer | Fault> {
  return (await link.query(RequestAllocationDocument, { input })).requestAllocation;
}

/** How long to wait before a change that got no answer is sent again, under the same key. */
const AGAIN_AFTER_MS = 700;

/** A release; or a new end, `hours` from now, null: none. */
export type Change =
  | { readonly kind: 'release'; readonly reason: string | null }
  | { readonly kind: 'extend'; readonly hours: number | null; readonly reason: string | null };

/** What came of it: as it is now, or why not, in the server's words; null: no answer came. */
export type Changed =
  | { readonly allocation: Allocation; readonly now: Allocation }
  | { readonly allocation: Allocation; readonly failure: string | null };

/** Changes each in a transaction of its own, a few at a time; the outcomes in the order given. */
export function changeAll(
  link: Query,
  allocations: readonly Allocation[],
  change: Change,
  done: () => void = () => {},
): Promise<readonly Changed[]> {
  return eachOf(allocations, AT_ONCE, async (allocation) => {
    const changed = await changeOne(link, allocation, change);
    done();
    return changed;
  });
}

/** Changes one. Asked again under the same key where no answer came, so that it happens once. */
export async function changeOne(link: Query, allocation: Allocation, change: Change): Promise<Changed> {
  const idempotencyKey = newKey();
  const first = await attempt(link, allocation, change, idempotencyKey);
  if (!first.again) return first.changed;
  await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  return (await attempt(link, allocation, change, idempotencyKey)).changed;
}

async function attempt(
  link: Query,
  allocation: Allocation,
  change: Change,
  idempotencyKey: string,
): Promise<{ readonly changed: Changed; readonly again: boolean }> {
  const { id: allocationId } = allocation;
  const { reason } = change;
  try {
    const answer =
      change.kind === 'release'
        ? (await link.query(ReleaseAllocationDocument, { input: { allocationId, reason, idempotencyKey } }))
            .releaseAllocation
        : (
            await link.query(ExtendAllocationDocument, {
              input: { allocationId, hours: change.hours, reason, idempotencyKey },
            })
          ).extendAllocation;
    if (answer.__typename === 'GpuAllocation') return { changed: { allocation, now: answer }, again: false };
    return { changed: { allocation, failure: answer.message }, again: answer.__typename === 'UnavailableError' };
  } catch (error) {
    const answered = error instanceof TokenNeeded || error instanceof QueryFailed;
    return { changed: { allocation, failure: answered ? error.message : null }, again: !answered };
  }
}

/** Whether the server answered, so that nothing is left open. */
export function isAnswered(error: unknown): boolean {
  return error instanceof TokenNeeded || error instanceof QueryFailed;
}
