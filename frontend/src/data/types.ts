/** What the server sends, in its own words. null means unknown, never zero. */

export type DeviceStatus = 'ACTIVE' | 'CORDONED' | 'DRAINING' | 'MAINTENANCE' | 'UNHEALTHY' | 'OFFLINE' | 'RETIRED';

export type CollectionSource = 'NVML' | 'DCGM' | 'AGENT' | 'SIMULATED' | 'MANUAL';

/** What stays the same about a GPU from tick to tick. */
export interface Device {
  readonly id: string;
  readonly gpuUuid: string;
  readonly deviceIndex: number;
  readonly memoryTotalMb: number | null;
  readonly powerLimitW: number | null;
  readonly node: { readonly nodeName: string; readonly clusterName: string };
  readonly model: { readonly modelName: string };
}

/** All newest readings at one tick, as parallel arrays in the order of `Layout.devices`. */
export interface Frame {
  readonly sequence: number;
  readonly asOf: string;
  readonly layoutVersion: string;
  readonly intervalMs: number;
  readonly deviceStatuses: readonly DeviceStatus[];
  readonly gpuUtilizationPct: readonly (number | null)[];
  readonly memoryUsedMb: readonly (number | null)[];
  readonly memoryTotalMb: readonly (number | null)[];
  readonly temperatureC: readonly (number | null)[];
  readonly powerDrawW: readonly (number | null)[];
  readonly ageMs: readonly (number | null)[];
  readonly collectionSources: readonly CollectionSource[];
}

/** The GPUs that a frame's positions stand for. */
export interface Layout {
  readonly version: string;
  readonly devices: readonly Device[];
}

export interface Viewer {
  readonly subject: string;
  readonly role: string;
}
