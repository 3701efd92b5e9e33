/** An allocation for tests: minseo's, of one whole GPU. */

import type { Allocation } from '../../src/data/allocations';

export function allocation(changes: Partial<Allocation> = {}): Allocation {
  return {
    id: 'alloc_1',
    namespace: 'asr',
    podName: 'train-0',
    workloadType: 'TRAINING',
    resourceType: 'FULL',
    allocatedResource: 'node-a/0',
    requestedMemoryGb: null,
    profileName: null,
    modelNames: [],
    gpuCount: 1,
    gpuEquivalents: 1,
    userId: 'minseo',
    teamId: 'speech',
    status: 'ACTIVE',
    statusReason: null,
    priority: 'NORMAL',
    requestedTime: '2025-12-31T22:00:00Z',
    allocationTime: '2025-12-31T22:00:00Z',
    plannedReleaseTime: null,
    endedTime: null,
    version: 3,
    resources: [resource('dev_0')],
    ...changes,
  };
}

export function resource(deviceId: string, changes: Partial<Allocation['resources'][number]> = {}) {
  return {
    deviceId,
    profileName: null,
    placementStart: 0,
    placementSize: 8,
    shareMilli: null,
    memoryMib: 81_920,
    gpuEquivalent: 1,
    ...changes,
  };
}
