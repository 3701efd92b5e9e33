/** What is asked before allocations are released. Pure but for the language. */

import type { Allocation } from '../data/allocations';
import type { Viewer } from '../data/types';
import type { Question } from '../parts/confirm-dialog';
import { t } from './allocations.text';

/** Owners that are named; of more, the number is said. */
const OWNERS_NAMED = 5;

export function nameOf({ podName, namespace, id }: Allocation): string {
  return podName ?? namespace ?? id;
}

/** minseo; minseo (3), jiwoo (2) and 4 more owners */
export function ownersText(allocations: readonly Allocation[]): string {
  const counts = new Map<string, number>();
  for (const { userId } of allocations) counts.set(userId, (counts.get(userId) ?? 0) + 1);
  const owners = [...counts].sort(([, one], [, other]) => other - one);
  const named = owners
    .slice(0, OWNERS_NAMED)
    .map(([owner, n]) => (allocations.length === 1 || owners.length === 1 ? owner : t('ownerCount', { owner, n })))
    .join(', ');
  const more = owners.length - OWNERS_NAMED;
  return more > 0 ? `${named} ${t('ownersMore', { n: more })}` : named;
}

/** GPU-equivalents held by all of them. */
export function heldGpus(allocations: readonly Allocation[]): number {
  return Math.round(allocations.reduce((sum, { gpuEquivalents }) => sum + gpuEquivalents, 0) * 100) / 100;
}

/** Where other people's work stops, something has to be typed: their name, or how many. */
export function releaseQuestion(
  allocations: readonly Allocation[],
  viewer: Pick<Viewer, 'subject'> | null,
): Question | null {
  const [first] = allocations;
  if (!first) return null;
  const n = allocations.length;
  const one = n === 1;
  const owners = ownersText(allocations);
  const gpus = heldGpus(allocations);
  const others = new Set(
    allocations.flatMap(({ userId, status }) => (userId === viewer?.subject || status === 'QUEUED' ? [] : [userId])),
  );
  const [other] = others;
  return {
    heading: one ? t('ask.heading', { name: nameOf(first) }) : t('ask.headingMany', { n }),
    consequence: gpus ? t('ask.text', { gpus, owners }) : t('ask.textWaiting', { owners }),
    verb: one ? t('ask.verb') : t('ask.verbMany', { n }),
    grave: others.size > 0,
    word: other === undefined ? null : others.size === 1 ? other : String(n),
  };
}
