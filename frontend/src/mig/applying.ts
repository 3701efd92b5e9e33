/** Has planned layouts made, and tells what became of each. */

import type { App } from '../app/app';
import { eachOf } from '../data/actions';
import { applyLayout, type Failed, type MigNode, type Sent, switchMig, type WantedLayout } from '../data/mig';
import { sentence } from '../format/format';
import { type BoardView, isOpen } from './planner-model';
import { t } from './planner.text';

/** Applied at once: each GPU is a change of its own. */
const AT_ONCE = 4;

export class Applying {
  /** Whether changes are on their way to the server. */
  running = false;
  /** What the server would not do, in words. */
  failures: readonly string[] = [];
  /** Commands that were sent from here and are not finished yet. */
  readonly #sent = new Set<string>();

  constructor(
    private readonly app: () => App,
    private readonly changed: () => void,
  ) {}

  /** The GPUs whose change was taken. */
  async apply(
    views: readonly BoardView[],
    wanted: readonly WantedLayout[],
    reason: string | null,
  ): Promise<readonly string[]> {
    this.failures = [];
    this.running = true;
    this.changed();
    const taken = await eachOf(views, AT_ONCE, async ({ board }) => {
      const layout = wanted.find(({ deviceId }) => deviceId === board.id);
      if (!layout) return [];
      return this.#take(board.deviceIndex, await applyLayout(this.app().link, layout, reason)) ? [board.id] : [];
    });
    this.running = false;
    this.changed();
    return taken.flat();
  }

  async switchMode({ id, deviceIndex }: BoardView['board'], on: boolean, reason: string | null): Promise<void> {
    this.failures = [];
    this.#take(deviceIndex, await switchMig(this.app().link, id, on, reason));
    this.changed();
  }

  /** Says what became of the changes that were sent from here; whether any change of the node is under way. */
  follow(node: MigNode | null): boolean {
    const boards = node?.boards ?? [];
    for (const { deviceIndex: n, migCommands } of boards) {
      for (const { id, status, error } of migCommands.filter((each) => this.#sent.has(each.id) && !isOpen(each))) {
        this.#sent.delete(id);
        const done = status === 'SUCCEEDED';
        const text = done
          ? t('applied', { n })
          : t('notMade', { n, failure: sentence(error ?? t(`command.${status}`)) });
        this.app().toasts.add({ kind: done ? 'ok' : 'error', text, action: null });
      }
    }
    return boards.some(({ migCommands }) => migCommands.some(isOpen));
  }

  #take(n: number, outcome: Sent | Failed): boolean {
    if ('failure' in outcome) {
      const failure = outcome.failure === null ? t('noAnswer') : sentence(outcome.failure);
      this.failures = [...this.failures, t('notApplied', { n, failure })];
      return false;
    }
    for (const { id } of outcome.commands) this.#sent.add(id);
    return true;
  }
}
