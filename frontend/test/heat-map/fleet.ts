/** A fleet for the tests of the map: nodes of eight GPUs unless said otherwise. */

import { layoutOf } from '../../src/data/layout';
import { judge } from '../../src/data/states';
import type { Device, Frame, Layout } from '../../src/data/types';

interface NodeOf {
  readonly name: string;
  readonly model?: string;
  readonly gpus?: number;
  readonly cluster?: string;
  readonly memoryMb?: number | null;
  readonly powerW?: number | null;
}

export function fleet(...nodes: readonly NodeOf[]): Layout {
  return layoutOf('v1', nodes.flatMap(devicesOf));
}

/** So many nodes of one model: `h100-1` to `h100-64`. */
export function pool(model: string, count: number, gpus = 8): NodeOf[] {
  return Array.from({ length: count }, (_, at) => ({ name: `${model.toLowerCase()}-${at + 1}`, model, gpus }));
}

function devicesOf({
  name,
  model = 'H100',
  gpus = 8,
  cluster = 'seoul',
  memoryMb = 81_920,
  powerW = 400,
}: NodeOf): Device[] {
  return Array.from({ length: gpus }, (_, index) => ({
    id: `${name}/${index}`,
    gpuUuid: `GPU-${name}-${index}`,
    pciAddress: null,
    deviceIndex: index,
    memoryTotalMb: memoryMb,
    powerLimitW: powerW,
    node: { id: `node ${name}`, nodeName: name, clusterName: cluster },
    model: { id: `model ${model}`, modelName: `NVIDIA ${model}` },
  }));
}

/** One reading for all GPUs, with changes by column. */
export function frame(layout: Layout, changes: Partial<Frame> = {}): Frame {
  const each = <T>(value: T): T[] => layout.devices.map(() => value);
  return {
    sequence: 1,
    asOf: '2026-01-01T00:00:00Z',
    layoutVersion: layout.version,
    intervalMs: 1000,
    deviceStatuses: each('ACTIVE' as const),
    gpuUtilizationPct: each<number | null>(50),
    memoryUsedMb: each<number | null>(40_960),
    memoryTotalMb: each<number | null>(null),
    temperatureC: each<number | null>(60),
    powerDrawW: each<number | null>(200),
    ageMs: each<number | null>(400),
    collectionSources: ['NVML'],
    ...changes,
  };
}

/** A fleet with its readings, judged. */
export function shown(layout: Layout, changes: Partial<Frame> = {}) {
  const readings = frame(layout, changes);
  return { layout, frame: readings, judged: judge(layout, readings, 0) };
}
