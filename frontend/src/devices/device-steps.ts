/** Which actions are offered for some GPUs, and the changes each stands for. Pure. The server decides what is legal. */

import type { Outcome, StatusChange, Steps } from '../data/actions';
import { isFailure } from '../data/actions';
import type { DeviceStatus } from '../data/types';

export type Action = 'cordon' | 'drain' | 'maintain' | 'return' | 'retire';

/** In the order in which they are shown. */
export const ACTIONS: readonly Action[] = ['return', 'cordon', 'drain', 'maintain', 'retire'];

export const TARGETS: Readonly<Record<Action, DeviceStatus>> = {
  cordon: 'CORDONED',
  drain: 'DRAINING',
  maintain: 'MAINTENANCE',
  return: 'ACTIVE',
  retire: 'RETIRED',
};

/** Those that disrupt are asked about first; the others can be undone. */
export const ASKED: ReadonlySet<Action> = new Set<Action>(['drain', 'maintain', 'retire']);

/** An action with the GPUs that can take it. */
export interface Offer {
  readonly action: Action;
  readonly devices: readonly Steps[];
}

export function offersOf(steps: readonly Steps[]): readonly Offer[] {
  return ACTIONS.map((action) => ({
    action,
    devices: steps.filter((device) => device.nextStatuses.includes(TARGETS[action])),
  })).filter(({ devices }) => devices.length > 0);
}

export function changesOf({ action, devices }: Offer, reason: string | null): readonly StatusChange[] {
  return devices.map((device) => ({ device, status: TARGETS[action], reason }));
}

/** The way back of what was done, where there is one: each GPU to where it was, with the reason it had. */
export function undoOf(outcomes: readonly Outcome[]): readonly StatusChange[] {
  return outcomes.flatMap((outcome) => {
    if (isFailure(outcome)) return [];
    const { change, device } = outcome;
    const { deviceStatus: status, statusReason: reason } = change.device;
    return device.nextStatuses.includes(status) ? [{ device, status, reason }] : [];
  });
}

/** The steps as they are after some changes. */
export function stepsAfter(steps: readonly Steps[], outcomes: readonly Outcome[]): readonly Steps[] {
  const changed = new Map(
    outcomes.flatMap((each) => (isFailure(each) ? [] : [[each.device.id, each.device] as const])),
  );
  return steps.map((device) => changed.get(device.id) ?? device);
}
