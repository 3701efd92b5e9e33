/** Which quotas bind a request, as far as the page can tell. Pure. */

import { type Quota, teamOf } from '../data/allocations';
import type { Viewer } from '../data/types';
import type { Form } from './form';

/** Those of its team, user and namespace that limit GPUs. */
export function bindingQuotas(
  quotas: readonly Quota[],
  { team, namespace }: Pick<Form, 'team' | 'namespace'>,
  viewer: Pick<Viewer, 'subject' | 'team'> | null,
): readonly Quota[] {
  const names = {
    TEAM: team.trim() || (viewer ? teamOf(viewer) : ''),
    USER: viewer?.subject ?? '',
    NAMESPACE: namespace.trim(),
  };
  return quotas.filter(
    ({ scope, name, gpusHard, gpusSoft }) => names[scope] === name && (gpusHard !== null || gpusSoft !== null),
  );
}

/** 12; 0.43: what is held may be a part of a GPU. */
export function gpusText(gpus: number): string {
  return String(Math.round(gpus * 100) / 100);
}
