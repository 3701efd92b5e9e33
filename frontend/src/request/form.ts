/** The form of a request: what the reader typed, what is asked for with it, what is missing or wrong. Pure. */

import type { Priority, RequestAllocationInput, ResourceType, Spread, WorkloadType } from '../data/requests';

export const WORKLOADS: readonly WorkloadType[] = ['VLLM', 'SGLANG', 'TRAINING', 'NOTEBOOK', 'BATCH', 'OTHER'];
export const PRIORITIES: readonly Priority[] = ['LOW', 'NORMAL', 'HIGH', 'PRODUCTION'];
export const SPREADS: readonly Spread[] = ['SAME_NVLINK', 'SAME_NODE', 'ANY'];
export const KINDS = ['ANY', 'FULL', 'MIG', 'SHARED'] as const;
export const HOURS: readonly string[] = ['8', '24', '72', '168', ''];

/** By what the size is told. */
export type By = 'count' | 'memory' | 'profile';
export const BYS: readonly By[] = ['count', 'memory', 'profile'];

export type Kind = (typeof KINDS)[number];

/** What the reader typed; numbers as they stand in their field, '' where nothing does. */
export interface Form {
  readonly workload: WorkloadType;
  readonly by: By;
  readonly kind: Kind;
  /** GB of 10^9 bytes, of each GPU, slice or share. */
  readonly memory: string;
  readonly profile: string;
  /** Products that will do; none: any. */
  readonly models: readonly string[];
  readonly count: string;
  readonly spread: Spread;
  /** '' for no end. */
  readonly hours: string;
  readonly team: string;
  readonly namespace: string;
  readonly pod: string;
  readonly priority: Priority;
  readonly queue: boolean;
  /** '' for any. */
  readonly cluster: string;
  readonly node: string;
  /** Cores, and GiB. */
  readonly cpu: string;
  readonly hostMemory: string;
  readonly reason: string;
}

export const EMPTY: Form = {
  workload: 'VLLM',
  by: 'count',
  kind: 'ANY',
  memory: '',
  profile: '',
  models: [],
  count: '1',
  spread: 'SAME_NODE',
  hours: '24',
  team: '',
  namespace: '',
  pod: '',
  priority: 'NORMAL',
  queue: false,
  cluster: '',
  node: '',
  cpu: '',
  hostMemory: '',
  reason: '',
};

export type Field = keyof Form;

/** Which field of the form each field of the input comes from: where an error that names it belongs. */
const FIELD_OF: Readonly<Record<string, Field>> = {
  workloadType: 'workload',
  resourceType: 'kind',
  memoryGb: 'memory',
  profileName: 'profile',
  modelNames: 'models',
  gpuCount: 'count',
  spread: 'spread',
  clusterName: 'cluster',
  nodeName: 'node',
  cpuMilli: 'cpu',
  hostMemoryMib: 'hostMemory',
  hours: 'hours',
  teamId: 'team',
  namespace: 'namespace',
  podName: 'pod',
  priority: 'priority',
  reason: 'reason',
};

/** The field an error of the server names; null: none, it is about all of it. */
export function fieldOf(path: readonly string[]): Field | null {
  const [name] = path.filter((part) => part !== 'input');
  return name === undefined ? null : (FIELD_OF[name] ?? null);
}

/** Fields below "More", which has to be open where one of them is at fault. */
export const MORE: ReadonlySet<Field> = new Set<Field>(['cluster', 'node', 'cpu', 'hostMemory', 'reason']);

/** Why a kind cannot go with the rest of the form; null: it can. The server's own rules, told before it is asked. */
export function kindProblem(form: Form, kind: Kind): 'needsSize' | 'needsMemory' | 'profileIsMig' | 'oneShare' | null {
  if (form.by === 'profile' && (kind === 'FULL' || kind === 'SHARED')) return 'profileIsMig';
  if (form.by === 'count' && kind === 'MIG') return 'needsSize';
  if (form.by === 'count' && kind === 'SHARED') return 'needsMemory';
  return kind === 'SHARED' && countOf(form) !== 1 ? 'oneShare' : null;
}

/** The form with some of it changed; a kind that the rest rules out gives way. */
export function changed(form: Form, some: Partial<Form>): Form {
  const next = { ...form, ...some };
  return kindProblem(next, next.kind) === null ? next : { ...next, kind: 'ANY' };
}

/** How many GPUs are asked for; null: it is no number. */
export function countOf({ count }: Form): number | null {
  return numberOf(count);
}

export type Asked =
  | { readonly input: RequestAllocationInput }
  /** Nothing to ask yet. */
  | { readonly missing: true }
  /** Fields that hold no number. */
  | { readonly wrong: readonly Field[] };

const NUMBERS = ['memory', 'count', 'hours', 'cpu', 'hostMemory'] as const;

/** What the form asks for, without `dryRun` and key. */
export function askedOf(form: Form): Asked {
  const wrong = NUMBERS.filter(
    (field) => isUsed(form, field) && form[field].trim() !== '' && numberOf(form[field]) === null,
  );
  if (wrong.length) return { wrong };
  const { by, kind } = form;
  const count = countOf(form);
  const memory = by === 'memory' ? numberOf(form.memory) : null;
  const profile = by === 'profile' ? form.profile.trim() : '';
  if (count === null || (by === 'memory' && memory === null) || (by === 'profile' && profile === '')) {
    return { missing: true };
  }
  const hours = numberOf(form.hours);
  const cpu = numberOf(form.cpu);
  const hostMemory = numberOf(form.hostMemory);
  return {
    input: {
      workloadType: form.workload,
      gpuCount: count,
      spread: form.spread,
      priority: form.priority,
      queue: form.queue,
      ...(kind === 'ANY' ? {} : { resourceType: kind satisfies ResourceType }),
      ...(memory === null ? {} : { memoryGb: memory }),
      ...(profile === '' ? {} : { profileName: profile }),
      ...(form.models.length ? { modelNames: form.models } : {}),
      ...(hours === null ? {} : { hours }),
      ...(cpu === null ? {} : { cpuMilli: Math.round(cpu * 1000) }),
      ...(hostMemory === null ? {} : { hostMemoryMib: Math.round(hostMemory * 1024) }),
      ...given('teamId', form.team),
      ...given('namespace', form.namespace),
      ...given('podName', form.pod),
      ...given('clusterName', form.cluster),
      ...given('nodeName', form.node),
      ...given('reason', form.reason),
    },
  };
}

function isUsed({ by }: Form, field: (typeof NUMBERS)[number]): boolean {
  return field !== 'memory' || by === 'memory';
}

function given<K extends string>(name: K, text: string): Partial<Record<K, string>> {
  const value = text.trim();
  return value === '' ? {} : ({ [name]: value } as Partial<Record<K, string>>);
}

/** A number as people type it: 1,024 and 0.5; null: none. */
export function numberOf(text: string): number | null {
  const bare = text.trim().replaceAll(',', '');
  if (!/^-?\d{1,12}(\.\d{1,6})?$/.test(bare)) return null;
  return Number(bare);
}
