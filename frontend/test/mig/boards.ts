/** Partitioned GPUs as the server tells of them. */

import type { DevicePlan, MigBoard, MigCommand, MigInstance, MigNode } from '../../src/data/mig';
import type { Placement } from '../../src/mig/geometry';
import { A100 } from './a100';

export function instance(placement: Placement, changes: Partial<MigInstance> = {}): MigInstance {
  return {
    id: `mig_${placement.profileName}_${placement.placementStart}`,
    ...placement,
    migUuid: null,
    instanceStatus: 'READY',
    allocated: false,
    allocatedDate: null,
    allocation: null,
    ...changes,
  };
}

export function held(placement: Placement, userId: string, podName: string | null = null): MigInstance {
  const allocation = { id: `alloc_${podName ?? userId}`, namespace: 'speech', podName, userId, teamId: 'speech' };
  return instance(placement, { allocated: true, allocation });
}

export function board(index: number, instances: readonly MigInstance[], changes: Partial<MigBoard> = {}): MigBoard {
  return {
    __typename: 'GpuDevice',
    id: `dev_${index}`,
    deviceIndex: index,
    deviceStatus: 'ACTIVE',
    gpuUuid: `GPU-${index}`,
    node: { id: 'node_a', nodeName: 'node-a', clusterName: 'seoul' },
    model: { modelName: 'A100 80GB SXM4', architecture: 'Ampere' },
    migCapable: true,
    migEnabled: true,
    migPending: true,
    memorySlices: 8,
    computeSlices: 7,
    fragmentation: 0,
    migInstances: instances,
    migPlaces: A100.profiles.map((profile) => ({
      profile: { ...profile, memoryMb: null, useCase: null },
      placesNow: 0,
      placesFree: 0,
      starts: [],
      whyNot: null,
    })),
    allocations: [],
    migCommands: [],
    ...changes,
  } as MigBoard;
}

export function node(...boards: readonly MigBoard[]): MigNode {
  return { id: 'node_a', nodeName: 'node-a', clusterName: 'seoul', fragmentation: 0, boards };
}

export function answer(changes: Partial<DevicePlan> = {}): DevicePlan {
  return {
    deviceId: 'dev_0',
    ready: true,
    unchanged: false,
    target: [],
    steps: [],
    stops: [],
    phases: [],
    seconds: 30,
    refusal: null,
    fragmentationBefore: 0,
    fragmentationAfter: 0,
    ...changes,
  };
}

export function command(steps: MigCommand['steps'], changes: Partial<MigCommand> = {}): MigCommand {
  return {
    id: 'cmd_1',
    deviceId: 'dev_0',
    status: 'SUCCEEDED',
    steps,
    requestedBy: 'jiwoo',
    createdDate: '2026-01-01T00:00:00Z',
    finishedDate: null,
    error: null,
    ...changes,
  };
}
