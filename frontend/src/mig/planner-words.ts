/** What the planner says about rules, fixes and changes, in the language of the page. */

import type { MigCommand } from '../data/mig';
import { placeText } from './bar-model';
import { type Geometry, type Move, type Obstacle, type Placement, profileNamed, spanOf } from './geometry';
import { type BoardView, differences } from './planner-model';
import { t } from './planner.text';

/** Why a placement does not fit. */
export function whyText({ kind, placement, blockers, free }: Obstacle, geometry: Geometry): string {
  const { profileName: profile, placementStart: start } = placement;
  const [first] = blockers;
  switch (kind) {
    case 'unknown':
      return t('why.unknown', { profile });
    case 'start':
      return t('why.start', { profile, start });
    case 'held':
      return t('why.held', {
        profile,
        span: spanOf(placement),
        blockers: blockers.map((each) => t('why.holds', { profile: each.profileName, span: spanOf(each) })).join(' '),
      });
    case 'media':
      return t('why.media', { blocker: first ? placeText(first) : '' });
    case 'maximum':
      return t('why.maximum', { profile, n: blockers.length });
    case 'compute':
      return t('why.compute', { profile, n: profileNamed(geometry, profile)?.computeSlices ?? 0, free });
  }
}

/** The rule that decides. */
export function ruleText({ kind, placement, blockers }: Obstacle, geometry: Geometry): string {
  switch (kind) {
    case 'unknown':
      return '';
    case 'media':
      return t('rule.media');
    case 'maximum':
      return t('rule.maximum', { n: blockers.length });
    case 'compute':
      return t('rule.compute', { n: geometry.computeSlices });
    default: {
      const names = new Set([placement, ...blockers].map(({ profileName }) => profileName));
      return [...names].map((name) => startsText(geometry, name)).join(' ');
    }
  }
}

function startsText(geometry: Geometry, profile: string): string {
  const starts = (profileNamed(geometry, profile)?.starts ?? []).map(String);
  const last = starts.pop() ?? '';
  return t('rule.start', {
    profile,
    starts: starts.length ? t('or', { first: starts.join(', '), second: last }) : last,
  });
}

/** What the one button says that makes it fit; null: nothing here would. */
export function fixText({ blockers }: Obstacle, moves: readonly Move[] | null): string | null {
  if (moves?.length) {
    const [{ placement, to }] = moves as readonly [Move];
    const span = spanOf({ ...placement, placementStart: to });
    return moves.length === 1
      ? t('fix.move', { profile: placement.profileName, span })
      : t('fix.moveSome', { n: moves.length });
  }
  const [first] = blockers;
  if (!first) return null;
  return blockers.length === 1
    ? t('fix.remove', { place: placeText(first) })
    : t('fix.removeSome', { n: blockers.length });
}

/** remove 2, add 1, keep 1 */
export function differenceText(view: BoardView): string {
  const { removed, added, kept } = differences(view);
  const dropped = view.plan?.dropped ?? null;
  return [
    ...(removed ? [t('removes', { n: removed })] : []),
    ...(added ? [t('adds', { n: added })] : []),
    ...(dropped ? [t('dropsOne', { profile: dropped.profileName })] : []),
    ...(kept && (removed || added) ? [t('keepsSome', { n: kept })] : []),
  ].join(', ');
}

/** MIG on, make 3g.40gb at 0 */
export function stepsText({ steps }: Pick<MigCommand, 'steps'>): string {
  return steps
    .map(({ kind, profileName, placementStart }) =>
      t(`step.${kind}`, {
        place:
          profileName === null || placementStart === null
            ? ''
            : placeText({ profileName, placementStart } satisfies Pick<Placement, 'profileName' | 'placementStart'>),
      }),
    )
    .join(', ');
}
