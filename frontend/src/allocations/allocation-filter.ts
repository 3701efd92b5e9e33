/** Which allocations a list shows, as its address says. Pure. */

import type { Query } from '../app/routes';
import { type Allocation, teamOf } from '../data/allocations';
import type { ResourceType } from '../data/requests';
import type { Viewer } from '../data/types';
import { holdsWords, valuesOf, wordsOf } from '../parts/list-query';
import type { Row } from './rows';

export const VIEWS = ['all', 'mine', 'team', 'waiting', 'ended'] as const;
export type View = (typeof VIEWS)[number];

export const TYPES: readonly ResourceType[] = ['FULL', 'MIG', 'SHARED'];

/** Conditions a row may be in, as the filter names them. */
export const CONDITIONS = ['idle', 'soon', 'noend', 'QUEUED', 'CREATING', 'ACTIVE'] as const;
export type Condition = (typeof CONDITIONS)[number];

export interface AllocationFilter {
  readonly text: string;
  readonly teams: readonly string[];
  readonly owners: readonly string[];
  readonly types: readonly ResourceType[];
  readonly conditions: readonly Condition[];
}

/** What to `refine` for a list without filters; the view stays. */
export const NO_FILTER: Query = { q: '', team: '', owner: '', type: '', is: '' };

export function viewOf({ view }: Query): View {
  return VIEWS.find((known) => known === view) ?? 'all';
}

export function filterOf({ q, team, owner, type, is }: Query): AllocationFilter {
  const types = valuesOf(type);
  const conditions = valuesOf(is);
  return {
    text: q ?? '',
    teams: valuesOf(team),
    owners: valuesOf(owner),
    types: TYPES.filter((known) => types.includes(known)),
    conditions: CONDITIONS.filter((known) => conditions.includes(known)),
  };
}

export function isFiltering({ text, teams, owners, types, conditions }: AllocationFilter): boolean {
  return text !== '' || [teams, owners, types, conditions].some((values) => values.length > 0);
}

/** Whether a live allocation belongs into a view; ended ones are a list of their own. */
export function isInView(view: View, { userId, teamId, status }: Allocation, viewer: Viewer | null): boolean {
  switch (view) {
    case 'mine':
      return viewer !== null && userId === viewer.subject;
    case 'team':
      return viewer !== null && teamId === teamOf(viewer);
    case 'waiting':
      return status === 'QUEUED';
    case 'ended':
      return false;
    case 'all':
      return true;
  }
}

export function matches(row: Row, filter: AllocationFilter): boolean {
  const { allocation } = row;
  const { teams, owners, types, conditions } = filter;
  if (teams.length && !teams.includes(allocation.teamId)) return false;
  if (owners.length && !owners.includes(allocation.userId)) return false;
  if (types.length && !types.includes(allocation.resourceType)) return false;
  if (conditions.length && !conditions.some((condition) => isIn(row, condition))) return false;
  const words = wordsOf(filter.text);
  return words.length === 0 || holdsWords(searchedText(row), words);
}

function isIn({ allocation, isIdle, endsInMs }: Row, condition: Condition): boolean {
  switch (condition) {
    case 'idle':
      return isIdle;
    case 'soon':
      return endsInMs !== null && endsInMs <= 24 * 3_600_000;
    case 'noend':
      return allocation.plannedReleaseTime === null;
    default:
      return allocation.status === condition;
  }
}

function searchedText({ allocation, where }: Row): string {
  const { id, userId, teamId, namespace, podName, allocatedResource, profileName, workloadType, modelNames } =
    allocation;
  const parts = [id, userId, teamId, namespace, podName, allocatedResource, profileName, workloadType, where];
  return [...parts, ...modelNames].filter(Boolean).join(' ').toLowerCase();
}
