/** How GPUs are partitioned: read, followed, tried out and changed. */

import { newKey } from './actions';
import {
  ApplyMigLayoutDocument,
  DisableMigDocument,
  EnableMigDocument,
  MigBoardsDocument,
  type MigBoardFragment,
  type MigCommandStateFragment,
  MigChangesDocument,
  MigNodeDocument,
  MigProfilesDocument,
  MovesForRoomDocument,
  type MovesForRoomQuery,
  type MigProfileShapeFragment,
  type MigStopFragment,
  PlanMigLayoutDocument,
  type PlanMigLayoutQuery,
} from './generated/graphql';
import { QueryFailed, TokenNeeded } from './http';
import type { Link } from './link';

type Query = Pick<Link, 'query'>;

/** A GPU with its instances, what more would fit, and the newest changes of its layout. */
export type MigBoard = MigBoardFragment;
export type MigInstance = MigBoard['migInstances'][number];
export type MigPlaces = MigBoard['migPlaces'][number];
export type MigCommand = MigCommandStateFragment;
export type MigProfile = MigProfileShapeFragment;
/** An instance in use that stops, or that is in the way. */
export type MigStop = MigStopFragment;

type Answer = PlanMigLayoutQuery['migLayoutPlan'];
/** What a layout of one GPU would cost, or why it cannot be. */
export type DevicePlan = Extract<Answer, { readonly __typename: 'MigLayoutPlan' }>['devices'][number];

/** GPUs of one node; no machine holds more. */
const BOARDS_MOST = 64;

/** How long to wait before a change that got no answer is sent again, under the same key. */
const AGAIN_AFTER_MS = 700;

/** A node with every GPU of it, in the order of their indices. */
export interface MigNode {
  readonly id: string;
  readonly nodeName: string;
  readonly clusterName: string;
  /** 0 to 1; null: no GPU of it is partitioned. */
  readonly fragmentation: number | null;
  readonly boards: readonly MigBoard[];
}

/** null: there is no such node, or not for this reader. */
export async function readMigNode(link: Query, id: string): Promise<MigNode | null> {
  const [{ node }, boards] = await Promise.all([
    link.query(MigNodeDocument, { id }),
    readBoards(link, { nodeIds: [id] }),
  ]);
  if (node?.__typename !== 'GpuNode') return null;
  return { ...node, boards: [...boards].sort((a, b) => a.deviceIndex - b.deviceIndex) };
}

/** null: there is no such GPU, or not for this reader. */
export async function readMigBoard(link: Query, id: string): Promise<MigBoard | null> {
  const [board] = await readBoards(link, { deviceIds: [id] });
  return board ?? null;
}

async function readBoards(link: Query, where: { nodeIds: string[] } | { deviceIds: string[] }) {
  const { devices } = await link.query(MigBoardsDocument, { first: BOARDS_MOST, where });
  return devices.nodes;
}

/** The profiles of a product, smallest first; of all products without a name. */
export async function readProfiles(link: Query, modelName: string | null) {
  const { migProfiles } = await link.query(MigProfilesDocument, { modelName });
  return migProfiles;
}

/** Which instances in use to move so that more fits, and what that costs. Nothing is moved by asking. */
export type RoomPlan = MovesForRoomQuery['defragmentationPlan'];
export type RoomMove = RoomPlan['moves'][number];

export async function readRoomPlan(link: Query, nodeId: string): Promise<RoomPlan> {
  return (await link.query(MovesForRoomDocument, { nodeId })).defragmentationPlan;
}

/** Calls back whenever something about these GPUs changes; returns how to stop. */
export function followLayouts(
  link: Pick<Link, 'subscribe'>,
  where: { readonly nodeIds: readonly string[] } | { readonly deviceIds: readonly string[] },
  changed: () => void,
): () => void {
  return link.subscribe(MigChangesDocument, { where }, changed);
}

/** The whole layout one GPU shall have, and the allocations that may be released for it. */
export interface WantedLayout {
  readonly deviceId: string;
  readonly placements: readonly { readonly profileName: string; readonly placementStart: number }[];
  readonly releaseAllocations: readonly string[];
}

/** A failure in the server's words; null: no answer came. */
export interface Failed {
  readonly failure: string | null;
}

/** Tries a layout out against what is so now; nothing is changed. */
export async function planLayout(link: Query, input: WantedLayout): Promise<DevicePlan | Failed> {
  try {
    const { migLayoutPlan: answer } = await link.query(PlanMigLayoutDocument, { input });
    if (answer.__typename !== 'MigLayoutPlan') return { failure: answer.message };
    return answer.devices.find(({ deviceId }) => deviceId === input.deviceId) ?? { failure: null };
  } catch (error) {
    return { failure: wordsOf(error) };
  }
}

/** The commands that were sent to the node. */
export interface Sent {
  readonly commands: readonly MigCommand[];
}

/** Has a layout made. Asked again under the same key where no answer came, so that it happens once. */
export function applyLayout(link: Query, layout: WantedLayout, reason: string | null): Promise<Sent | Failed> {
  const input = { ...layout, reason, idempotencyKey: newKey() };
  return twice(async () => {
    const { applyMigLayout: answer } = await link.query(ApplyMigLayoutDocument, { input });
    if (answer.__typename === 'MigLayoutApplied') return { commands: answer.commands };
    return { failure: answer.message, again: answer.__typename === 'UnavailableError' };
  });
}

/** Switches MIG mode of one GPU on or off. */
export function switchMig(link: Query, deviceId: string, on: boolean, reason: string | null): Promise<Sent | Failed> {
  const input = { deviceId, reason, idempotencyKey: newKey() };
  return twice(async () => {
    const answer = on
      ? (await link.query(EnableMigDocument, { input })).enableMig
      : (await link.query(DisableMigDocument, { input })).disableMig;
    if (answer.__typename === 'MigModeChanged') return { commands: answer.command ? [answer.command] : [] };
    return { failure: answer.message, again: answer.__typename === 'UnavailableError' };
  });
}

type Attempt = Sent | (Failed & { readonly again: boolean });

async function twice(send: () => Promise<Attempt>): Promise<Sent | Failed> {
  const first = await attempt(send);
  if (!('again' in first) || !first.again) return first;
  await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  return attempt(send);
}

async function attempt(send: () => Promise<Attempt>): Promise<Attempt> {
  try {
    return await send();
  } catch (error) {
    const failure = wordsOf(error);
    return { failure, again: failure === null };
  }
}

function wordsOf(error: unknown): string | null {
  return error instanceof TokenNeeded || error instanceof QueryFailed ? error.message : null;
}
