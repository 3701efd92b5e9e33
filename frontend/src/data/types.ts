/** What the server sends, in its own words. null means unknown, never zero. */

import type {
  DevicePageFragment,
  ExceptionsSubscription,
  FirstDevicesQuery,
  FleetFramesSubscription,
} from './generated/graphql';

export type {
  ChangeKind,
  CollectionSource,
  DeviceStatus,
  NodeStatus,
  Permission,
  Role,
} from './generated/graphql';

/** What stays the same about a GPU from tick to tick. */
export type Device = DevicePageFragment['nodes'][number];

/** All newest readings at one tick, as parallel arrays in the order of `Layout.devices`. */
export type Frame = FleetFramesSubscription['fleetFrame'];

/** Who the server takes the reader for. */
export type Viewer = FirstDevicesQuery['viewer'];

/** One recorded change of the inventory. */
export type Change = ExceptionsSubscription['deviceEvents']['changes'][number];

/** A GPU that is not in service, with the reason that was given. */
export type DeviceException = ExceptionsSubscription['deviceEvents']['devices'][number];

/** A node and where its GPUs stand in the layout: they follow one another. */
export interface LayoutNode {
  readonly id: string;
  readonly nodeName: string;
  readonly clusterName: string;
  /** Position of its first GPU. */
  readonly first: number;
  readonly count: number;
}

/** The GPUs that a frame's positions stand for, in fleet order: cluster, node, index. */
export interface Layout {
  readonly version: string;
  readonly devices: readonly Device[];
  readonly nodes: readonly LayoutNode[];
  /** The position of a device by its id. */
  readonly at: ReadonlyMap<string, number>;
}
