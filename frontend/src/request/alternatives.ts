/** What can be done instead of a refused request: each a change of the form, or a place to go. Pure. */

import type { Alternative } from '../data/requests';
import { changed, type Form } from './form';

export type Step =
  /** One click changes the form so. */
  | { readonly alternative: Alternative; readonly form: Form }
  /** Somebody has to do something with this GPU first. */
  | { readonly alternative: Alternative; readonly deviceId: string }
  /** It can be read only. */
  | { readonly alternative: Alternative };

/** The steps in the order given; those that would change nothing are only told. */
export function stepsOf(form: Form, alternatives: readonly Alternative[]): readonly Step[] {
  return alternatives.map((alternative) => {
    const next = applied(form, alternative);
    if (next) return { alternative, form: next };
    const { deviceId } = alternative;
    return deviceId === null ? { alternative } : { alternative, deviceId };
  });
}

/** The form as an alternative would have it; null: no change of the form does it. */
export function applied(form: Form, alternative: Alternative): Form | null {
  const { profileName, modelName, resourceType, gpuCount } = alternative;
  switch (alternative.kind) {
    case 'OTHER_PROFILE':
      return profileName === null ? null : changed(form, { by: 'profile', profile: profileName });
    case 'OTHER_MODEL':
      return modelName === null ? null : changed(form, { models: [modelName] });
    case 'OTHER_TYPE':
      return resourceType === null ? null : typed(form, alternative);
    case 'FEWER_GPUS':
      return gpuCount === null ? null : changed(form, { count: String(gpuCount) });
    case 'WIDER_SPREAD':
      return changed(form, { spread: 'ANY', node: '' });
    case 'LATER':
    case 'QUEUE':
      return form.queue ? null : changed(form, { queue: true });
    case 'ENABLE_MIG':
    case 'RELEASE':
      return null;
  }
}

/** Another type: a whole GPU needs no size, an instance may come with its profile. */
function typed(form: Form, { resourceType, profileName, modelName }: Alternative): Form | null {
  const models = modelName === null ? form.models : [modelName];
  if (resourceType === 'FULL') {
    return changed(form, { by: form.by === 'profile' ? 'count' : form.by, kind: 'FULL', models });
  }
  if (resourceType === 'MIG' && profileName !== null) {
    return changed(form, { by: 'profile', profile: profileName, kind: 'MIG', models });
  }
  const next = changed(form, { kind: resourceType ?? 'ANY', models });
  return next.kind === resourceType ? next : null;
}
