/** The newest changes of a node's layouts, with the way back of the last of each GPU. */

import { css, html, nothing } from 'lit';
import type { MigBoard, MigCommand } from '../data/mig';
import { moment } from '../format/format';
import { PageElement } from '../parts/element';
import { check, cross, turning } from '../parts/icons';
import { shared } from '../parts/shared';
import { type BoardView, isOpen, layoutBefore } from './planner-model';
import { t } from './planner.text';
import { stepsText } from './planner-words';

const SHOWN = 6;

/** Fires `roll-back` with a GPU and the change to take back. */
export class PlannerChanges extends PageElement {
  static override properties = { views: { attribute: false } };
  declare views: readonly BoardView[];

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 12px 20px 20px;
      }
      h2 {
        margin: 0 0 4px;
        font: 600 13px/18px var(--font);
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 10px;
        align-items: center;
        min-height: 28px;
        padding: 3px 0;
        border-top: 1px solid var(--line);
        font-size: 12.5px;
      }
      time,
      .by,
      p {
        margin: 0;
        color: var(--t3);
      }
      time {
        min-width: 40px;
      }
      .steps {
        flex: 1 1 200px;
        min-width: 0;
      }
      .error {
        flex-basis: 100%;
        color: var(--crit);
        overflow-wrap: anywhere;
      }
      .back {
        min-height: 24px;
        padding: 0 2px;
        border: 0;
        background: none;
        color: var(--acc);
      }
      .back:hover {
        text-decoration: underline;
      }
      @media (max-width: 759px) {
        :host {
          padding: 12px 16px 16px;
        }
        .back {
          min-height: 44px;
        }
      }
    `,
  ];

  override render() {
    const newest = this.views
      .flatMap((view) => view.board.migCommands.map((command, at) => ({ view, command, isLast: at === 0 })))
      .sort((a, b) => b.command.createdDate.localeCompare(a.command.createdDate))
      .slice(0, SHOWN);
    return html`<h2>${t('lastChanges')}</h2>
      ${
        newest.length
          ? html`<ol>
              ${newest.map(({ view, command, isLast }) => this.#change(view, command, isLast))}
            </ol>`
          : html`<p>${t('noChanges')}</p>`
      }`;
  }

  #change(view: BoardView, command: MigCommand, isLast: boolean) {
    const { createdDate, requestedBy, status, error } = command;
    const back = isLast && status === 'SUCCEEDED' && layoutBefore(view.now, command) !== null;
    return html`<li>
      <time datetime=${createdDate}>${moment(new Date(createdDate))}</time>
      <b>${t('gpu', { n: view.board.deviceIndex })}</b>
      <span class="steps">${stepsText(command)}</span>
      <span class="by">${t('by', { who: requestedBy })}</span>
      ${badge(command)}
      ${
        back
          ? html`<button class="back" @click=${() => this.#rollBack(view.board, command)}>${t('rollBack')}</button>`
          : nothing
      }
      ${error === null ? nothing : html`<span class="error" lang="en">${error}</span>`}
    </li>`;
  }

  #rollBack({ id: deviceId }: MigBoard, command: MigCommand): void {
    this.dispatchEvent(new CustomEvent('roll-back', { detail: { deviceId, command } }));
  }
}

function badge(command: MigCommand) {
  const { status } = command;
  const word = t(`command.${status}`);
  if (isOpen(command)) return html`<span class="badge acc">${turning}${word}</span>`;
  if (status === 'SUCCEEDED') return html`<span class="badge ok">${check}${word}</span>`;
  return html`<span class="badge crit">${cross}${word}</span>`;
}

customElements.define('planner-changes', PlannerChanges);
