/** A small fleet for tests: two GPUs to a node. */

import { layoutOf } from '../src/data/layout';
import type { Device, Frame, Layout } from '../src/data/types';

export function device(at: number, changes: Partial<Device> = {}): Device {
  const node = at < 2 ? 'a' : 'b';
  return {
    id: `dev_${at}`,
    gpuUuid: `GPU-${at}a2b3c4d-0000-0000-0000-00000000000${at}`,
    pciAddress: `00000000:0${at}:00.0`,
    deviceIndex: at,
    memoryTotalMb: 81_920,
    powerLimitW: 400,
    node: { id: `node_${node}`, nodeName: `node-${node}`, clusterName: 'seoul' },
    model: { id: 'model_a100', modelName: 'A100 80GB SXM4' },
    ...changes,
  };
}

export function layout(count: number): Layout {
  return layoutOf(
    'v1',
    Array.from({ length: count }, (_, at) => device(at)),
  );
}

export function frame(count: number, changes: Partial<Frame> = {}): Frame {
  const each = <T>(value: T): T[] => Array.from({ length: count }, () => value);
  return {
    sequence: 1,
    asOf: '2026-01-01T00:00:00Z',
    layoutVersion: 'v1',
    intervalMs: 1000,
    deviceStatuses: each('ACTIVE' as const),
    gpuUtilizationPct: each(50),
    memoryUsedMb: each(40_960),
    memoryTotalMb: each(81_920),
    temperatureC: each(60),
    powerDrawW: each(200),
    ageMs: each(400),
    collectionSources: ['NVML'],
    ...changes,
  };
}
