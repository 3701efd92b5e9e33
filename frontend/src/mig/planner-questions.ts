/** What is asked before GPUs are changed. Pure but for the language. */

import type { MigBoard, MigNode } from '../data/mig';
import type { Question } from '../parts/confirm-dialog';
import { gpuName } from '../format/format';
import { answerOf, type BoardView, consentsOf, minutesText } from './planner-model';
import { t } from './planner.text';

/** What the dialog is about. */
export type Asked =
  | { readonly kind: 'apply' }
  | { readonly kind: 'mode'; readonly deviceId: string; readonly on: boolean };

/** Of what stops by name; the rest is counted. */
const NAMES_MOST = 6;

/** The node has to be typed where what somebody else runs stops. */
export function applyQuestion(
  node: MigNode,
  ready: readonly BoardView[],
  released: ReadonlySet<string>,
  reader: string,
): Question {
  const list = ready.map(({ board }) => board.deviceIndex).join(', ');
  const stops = ready.flatMap((view) => consentsOf(view, released, reader));
  const seconds = ready.reduce((most, view) => Math.max(most, answerOf(view)?.seconds ?? 0), 0);
  const minutes = minutesText(seconds);
  const names = stops.slice(0, NAMES_MOST).map(({ name }) => name);
  const more = stops.length > names.length ? ['…'] : [];
  return {
    heading: t('askHeading', { name: t('gpuList', { list, node: node.nodeName }) }),
    consequence: stops.length
      ? t('askStops', { n: stops.length, names: [...names, ...more].join(', '), minutes })
      : t('askNothing', { minutes }),
    verb: t('askVerb'),
    grave: stops.length > 0,
    word: stops.some(({ holder }) => holder !== null) ? node.nodeName : null,
  };
}

export function modeQuestion(node: MigNode, board: MigBoard, on: boolean): Question {
  const name = gpuName({ ...board, node });
  const resets = board.model.architecture === 'Ampere';
  return {
    heading: t(on ? 'enableHeading' : 'disableHeading', { name }),
    consequence: on ? t(resets ? 'enableReset' : 'enableLive') : t(resets ? 'disableReset' : 'disableLive'),
    verb: t(on ? 'enableVerb' : 'disableVerb'),
    grave: false,
    word: null,
  };
}
