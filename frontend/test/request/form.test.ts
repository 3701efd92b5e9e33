import { describe, expect, it } from 'vitest';
import type { Alternative, Answer } from '../../src/data/requests';
import { applied, stepsOf } from '../../src/request/alternatives';
import { askedOf, changed, EMPTY, fieldOf, type Form, kindProblem, numberOf } from '../../src/request/form';
import { manifestOf } from '../../src/request/manifest';
import { type Place, placeWords, ranges, takes } from '../../src/request/place-words';
import { bindingQuotas } from '../../src/request/quotas';

const form = (some: Partial<Form> = {}): Form => ({ ...EMPTY, ...some });

describe('what is asked for', () => {
  it('is what the form says, and nothing it does not say', () => {
    expect(askedOf(EMPTY)).toEqual({
      input: { workloadType: 'VLLM', gpuCount: 1, spread: 'SAME_NODE', priority: 'NORMAL', queue: false, hours: 24 },
    });
    const full = form({
      by: 'memory',
      memory: '37.5',
      kind: 'FULL',
      models: ['H100'],
      count: '2',
      hours: '',
      team: ' vision ',
      namespace: 'asr',
      cpu: '1.5',
      hostMemory: '64',
      node: 'h100-07',
    });
    expect(askedOf(full)).toMatchObject({
      input: {
        resourceType: 'FULL',
        memoryGb: 37.5,
        modelNames: ['H100'],
        gpuCount: 2,
        teamId: 'vision',
        namespace: 'asr',
        cpuMilli: 1500,
        hostMemoryMib: 65_536,
        nodeName: 'h100-07',
      },
    });
    expect(Object.keys((askedOf(full) as { input: object }).input)).not.toContain('hours');
  });

  it('is nothing yet without a size, and never a size of another kind', () => {
    expect(askedOf(form({ count: '' }))).toEqual({ missing: true });
    expect(askedOf(form({ by: 'memory' }))).toEqual({ missing: true });
    expect(askedOf(form({ by: 'profile', profile: ' ' }))).toEqual({ missing: true });
    const left = askedOf(form({ by: 'count', memory: 'many', profile: '3g.40gb' }));
    expect(left).toHaveProperty('input');
    expect(left).not.toHaveProperty('input.profileName');
  });

  it('names the fields that hold no number', () => {
    expect(askedOf(form({ count: 'two', hours: '1h' }))).toEqual({ wrong: ['count', 'hours'] });
    expect(['1,024', '0.5', '-3', ' 7 '].map(numberOf)).toEqual([1024, 0.5, -3, 7]);
    expect(['', '1e3', '0x10', 'NaN'].map(numberOf)).toEqual([null, null, null, null]);
  });

  it('leaves to the server what is out of bounds', () => {
    expect(askedOf(form({ count: '0', hours: '-3' }))).toMatchObject({ input: { gpuCount: 0, hours: -3 } });
  });
});

describe('kinds', () => {
  it('that the rest of the form rules out say why, and give way', () => {
    expect(kindProblem(form(), 'MIG')).toBe('needsSize');
    expect(kindProblem(form(), 'SHARED')).toBe('needsMemory');
    expect(kindProblem(form({ by: 'profile' }), 'FULL')).toBe('profileIsMig');
    expect(kindProblem(form({ by: 'memory', count: '2' }), 'SHARED')).toBe('oneShare');
    expect(kindProblem(form({ by: 'memory' }), 'SHARED')).toBeNull();
    expect(changed(form({ by: 'memory', kind: 'SHARED' }), { count: '2' }).kind).toBe('ANY');
    expect(changed(form({ kind: 'FULL' }), { count: '2' }).kind).toBe('FULL');
  });

  it('and errors belong to a field', () => {
    expect(fieldOf(['input', 'gpuCount'])).toBe('count');
    expect(fieldOf(['memoryGb'])).toBe('memory');
    expect(fieldOf([])).toBeNull();
    expect(fieldOf(['idempotencyKey'])).toBeNull();
  });
});

describe('an alternative', () => {
  const alternative = (some: Partial<Alternative>): Alternative => ({
    kind: 'QUEUE',
    message: '',
    resourceType: null,
    profileName: null,
    modelName: null,
    gpuCount: null,
    deviceId: null,
    availableAt: null,
    ...some,
  });

  it('is one change of the form', () => {
    const before = form({ count: '16', models: ['H100'] });
    const after = (some: Partial<Alternative>) => applied(before, alternative(some));
    expect(after({ kind: 'FEWER_GPUS', gpuCount: 8 })).toMatchObject({ count: '8', models: ['H100'] });
    expect(after({ kind: 'OTHER_MODEL', modelName: 'A100' })).toMatchObject({ models: ['A100'], count: '16' });
    expect(after({ kind: 'WIDER_SPREAD' })).toMatchObject({ spread: 'ANY' });
    expect(after({ kind: 'QUEUE' })).toMatchObject({ queue: true });
    expect(after({ kind: 'LATER', availableAt: '2026-01-01T00:00:00Z' })).toMatchObject({ queue: true });
    expect(after({ kind: 'OTHER_PROFILE', profileName: '3g.40gb' })).toMatchObject({
      by: 'profile',
      profile: '3g.40gb',
    });
    expect(after({ kind: 'OTHER_TYPE', resourceType: 'FULL' })).toMatchObject({ kind: 'FULL', by: 'count' });
  });

  it('that no change of the form brings about leads to the GPU, or is only told', () => {
    const steps = stepsOf(form({ queue: true }), [
      alternative({ kind: 'ENABLE_MIG', deviceId: 'dev_1' }),
      alternative({ kind: 'LATER' }),
      alternative({ kind: 'OTHER_TYPE', resourceType: 'SHARED' }),
    ]);
    expect(steps.map((step) => ('form' in step ? 'form' : 'deviceId' in step ? step.deviceId : 'told'))).toEqual([
      'dev_1',
      'told',
      'told',
    ]);
  });
});

const part = (node: string, deviceIndex: number, some: object = {}): Place['resources'][number] => ({
  start: 0,
  shareMilli: null,
  profileName: null,
  gpuEquivalent: 1,
  device: { id: `${node}${deviceIndex}`, deviceIndex, node: { nodeName: node }, model: { modelName: 'NVIDIA H100' } },
  ...some,
});

describe('a place', () => {
  const place = (resources: Place['resources']): Place => ({
    resourceType: 'FULL',
    words: '',
    score: 0,
    creates: false,
    parts: [],
    resources,
  });

  it('is told in words', () => {
    expect(placeWords(place([part('a', 3), part('a', 0), part('a', 1)]))).toBe('3 × H100 on a · GPU 0, 1, 3');
    expect(placeWords(place([part('a', 0), part('b', 0)]))).toBe('2 × H100 on 2 nodes');
    expect(placeWords(place([part('a', 2, { profileName: '3g.40gb' })]))).toBe('1 × 3g.40gb on a · GPU 2');
    expect(placeWords(place([part('a', 2, { shareMilli: 250 })]))).toBe('25% of a GPU on a · GPU 2');
    expect(ranges([0, 1, 2, 3, 5, 6])).toBe('0–3, 5, 6');
    expect(takes(place([part('a', 0), part('a', 1, { gpuEquivalent: 0.5 })]))).toBe(1.5);
  });
});

describe('the lines of a manifest', () => {
  const granted = (some: Partial<NonNullable<Answer['allocation']>> = {}) => ({
    id: 'alloc_1',
    status: 'ACTIVE' as const,
    allocatedResource: null,
    queuePosition: null,
    plannedReleaseTime: null,
    resourceType: 'FULL' as const,
    resources: [
      { profileName: null, device: { gpuUuid: 'GPU-1', node: { nodeName: 'a' } } },
      { profileName: null, device: { gpuUuid: 'GPU-2', node: { nodeName: 'a' } } },
    ],
    ...some,
  });

  it('name the GPUs by their UUIDs', () => {
    expect(manifestOf(granted())).toContain('NVIDIA_VISIBLE_DEVICES\n    value: "GPU-1,GPU-2"');
  });

  it('are not there where they would not be true', () => {
    expect(manifestOf(granted({ resourceType: 'MIG' }))).toBeNull();
    expect(manifestOf(granted({ status: 'CREATING' }))).toBeNull();
    expect(manifestOf(granted({ resources: [{ profileName: null, device: null }] }))).toBeNull();
    expect(manifestOf(granted({ status: 'QUEUED', resources: [] }))).toBeNull();
  });
});

it('the quotas that bind are those of the team, the user and the namespace', () => {
  const quota = (scope: 'TEAM' | 'USER' | 'NAMESPACE', name: string, gpusHard: number | null = 8) => ({
    id: `${scope}${name}`,
    scope,
    name,
    gpusHard,
    gpusSoft: null,
    used: { gpus: 2 },
  });
  const all = [
    quota('TEAM', 'default'),
    quota('TEAM', 'vision'),
    quota('USER', 'minseo'),
    quota('USER', 'jiwoo'),
    quota('NAMESPACE', 'asr', null),
  ];
  const names = (team: string, namespace = '') =>
    bindingQuotas(all, { team, namespace }, { subject: 'minseo', team: null }).map(({ name }) => name);
  expect(names('')).toEqual(['default', 'minseo']);
  expect(names(' vision ', 'asr')).toEqual(['vision', 'minseo']);
});
