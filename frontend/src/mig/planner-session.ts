/** One reader's planning on one node: what is planned, what is carried, what is chosen, and how keys act on it. */

import type { MigCommand, RoomMove } from '../data/mig';
import { placeText } from './bar-model';
import { type Carry, nextStart, type Stage, placementOf, takeUp, walk } from './carry';
import * as drafts from './draft';
import { keyOf, type Placement } from './geometry';
import { type BoardView, layoutBefore, layoutsAfter, offersOf } from './planner-model';
import { t } from './planner.text';

/** An instance that keys and buttons act on. */
export interface Chosen {
  readonly deviceId: string;
  readonly placement: Placement;
}

const ARROWS = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const;

export class Session {
  steps: drafts.Steps = drafts.START;
  carry: Carry | null = null;
  chosen: Chosen | null = null;
  /** The GPUs as they are shown: set anew with every rendering. */
  views: readonly BoardView[] = [];

  /** `changed` is called after every change; `say` tells it to a screen reader. */
  constructor(
    private readonly changed: () => void,
    private readonly say: (text: string) => void,
  ) {}

  view(deviceId: string | undefined): BoardView | undefined {
    return this.views.find(({ board }) => board.id === deviceId);
  }

  /** GPUs that can be partitioned, as they are planned. */
  get stages(): readonly Stage[] {
    return this.views.filter(({ board }) => board.migCapable).map(({ stage }) => stage);
  }

  /** Takes in how the GPUs are now; what was chosen may be gone. */
  see(views: readonly BoardView[]): void {
    this.views = views;
    const { chosen } = this;
    const layout = this.view(chosen?.deviceId)?.stage.layout ?? [];
    if (chosen && !layout.some((each) => keyOf(each) === keyOf(chosen.placement))) this.chosen = null;
  }

  /** A number takes up a profile; arrows walk, Enter puts down, Esc ends; Delete removes the chosen instance. */
  key(key: string): boolean {
    const offer = /^[1-9]$/.test(key) ? offersOf(this.views)[Number(key) - 1] : undefined;
    if (offer) {
      this.takeUp(offer.profile.profileName);
      return true;
    }
    if (key === 'Escape') return this.layAside();
    if (this.carry) return this.#carryKey(key, this.carry);
    return this.chosen ? this.#chosenKey(key, this.chosen) : false;
  }

  takeUp(profileName: string): void {
    const preferred = this.carry?.deviceId ?? this.chosen?.deviceId ?? null;
    this.chosen = null;
    this.carry = takeUp(this.stages, profileName, preferred);
    if (this.carry) this.#sayCarried(t('carryKeys'));
    else this.say(t('noGpuHas', { profile: profileName }));
    this.changed();
  }

  carryTo(carry: Carry | null): void {
    this.chosen = null;
    this.carry = carry;
    this.changed();
  }

  layAside(): boolean {
    if (!this.carry && !this.chosen) return false;
    this.carryTo(null);
    return true;
  }

  select(deviceId: string, placement: Placement): void {
    const { chosen } = this;
    const same = chosen?.deviceId === deviceId && keyOf(chosen.placement) === keyOf(placement);
    this.carry = null;
    this.chosen = same ? null : { deviceId, placement };
    this.changed();
  }

  /** Puts down what is carried: one more, or an instance at another start. */
  drop(deviceId: string, placement: Placement): void {
    const from = this.carry?.from ?? null;
    this.carry = null;
    this.#edit(deviceId, (steps, board) =>
      from ? drafts.move(steps, board, from, placement.placementStart) : drafts.add(steps, board, placement),
    );
    this.say(t('dropped', { place: placeText(placement), n: this.#number(deviceId) }));
  }

  /** Puts an instance to its next start in a direction; where it is then, null: it cannot. */
  move(deviceId: string, placement: Placement, by: -1 | 1): Placement | null {
    const view = this.view(deviceId);
    const to = view ? nextStart(view.stage, placement, by) : null;
    if (to === null) {
      this.say(t('cannotMove', { profile: placement.profileName }));
      return null;
    }
    const moved = { ...placement, placementStart: to };
    this.#edit(deviceId, (steps, board) => drafts.move(steps, board, placement, to));
    this.chosen = { deviceId, placement: moved };
    this.say(t('moved', { place: placeText(moved), n: this.#number(deviceId) }));
    return moved;
  }

  remove(deviceId: string, placement: Placement): void {
    this.chosen = null;
    this.#edit(deviceId, (steps, board) => drafts.remove(steps, board, placement));
    this.say(t('removed', { place: placeText(placement), n: this.#number(deviceId) }));
  }

  /** Makes room for what was dropped. */
  fix(deviceId: string): void {
    const view = this.view(deviceId);
    const obstacle = view?.obstacle;
    if (obstacle) this.#edit(deviceId, (steps, board) => drafts.fix(steps, board, obstacle, view.moves ?? []));
  }

  reset(deviceId: string): void {
    this.#edit(deviceId, drafts.reset);
  }

  release(allocationId: string, may: boolean): void {
    this.#step(drafts.release(this.steps, allocationId, may));
  }

  discard(): void {
    this.#step(drafts.discard(this.steps));
  }

  undo(): void {
    this.#step(drafts.undo(this.steps));
    this.say(t('undone'));
  }

  redo(): void {
    this.#step(drafts.redo(this.steps));
    this.say(t('redone'));
  }

  /** Plans the layout that a GPU had before a change. */
  rollBack(deviceId: string, command: MigCommand): void {
    const view = this.view(deviceId);
    const before = view ? layoutBefore(view.now, command) : null;
    if (!before) return;
    this.#edit(deviceId, (steps, board) => drafts.replace(steps, board, before));
    this.say(t('rolledBack'));
  }

  /** Plans the layouts that some moves lead to; false: they fit no longer. */
  plan(moves: readonly RoomMove[]): boolean {
    const layouts = layoutsAfter(this.views, moves);
    if (layouts) this.#step(drafts.replaceAll(this.steps, layouts));
    return layouts !== null;
  }

  /** These GPUs are being changed as planned. */
  settle(deviceIds: readonly string[]): void {
    if (deviceIds.length) this.#step(drafts.settled(this.steps, new Set(deviceIds)));
  }

  #edit(deviceId: string, change: (steps: drafts.Steps, board: drafts.Board) => drafts.Steps): void {
    const view = this.view(deviceId);
    if (view) this.#step(change(this.steps, view.now));
  }

  #step(steps: drafts.Steps): void {
    this.steps = steps;
    this.changed();
  }

  #carryKey(key: string, carry: Carry): boolean {
    const stage = this.stages.find(({ id }) => id === carry.deviceId);
    if (key === 'Enter' && stage) {
      this.drop(stage.id, placementOf(stage, carry));
      return true;
    }
    if (!isArrow(key)) return false;
    this.carry = walk(this.stages, carry, ARROWS[key]);
    this.#sayCarried();
    this.changed();
    return true;
  }

  #chosenKey(key: string, { deviceId, placement }: Chosen): boolean {
    if (key === 'Delete' || key === 'Backspace') this.remove(deviceId, placement);
    else if (key === 'ArrowLeft' || key === 'ArrowRight') this.move(deviceId, placement, key === 'ArrowLeft' ? -1 : 1);
    else return false;
    return true;
  }

  #sayCarried(more = ''): void {
    const { carry } = this;
    const view = this.view(carry?.deviceId);
    if (!carry || !view) return;
    const place = placeText(placementOf(view.stage, carry));
    this.say(`${t('carrying', { place, n: view.board.deviceIndex })} ${more}`);
  }

  #number(deviceId: string): number {
    return this.view(deviceId)?.board.deviceIndex ?? 0;
  }
}

function isArrow(key: string): key is keyof typeof ARROWS {
  return Object.hasOwn(ARROWS, key);
}
