/** Which instances in use to move so that more fits on a node: suggested by the server, planned here. */

import { css, html, nothing, type PropertyValues } from 'lit';
import type { App } from '../app/app';
import { type MigNode, readRoomPlan, type RoomMove, type RoomPlan } from '../data/mig';
import { UNKNOWN } from '../format/format';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { placeText } from './bar-model';
import { type BoardView, layoutsAfter, minutesText } from './planner-model';
import { t } from './planner.text';

/** Fires `plan-moves` with the moves to plan. */
export class PlannerMoves extends PageElement {
  static override properties = {
    app: { attribute: false },
    node: { attribute: false },
    views: { attribute: false },
    plan: { state: true },
    state: { state: true },
  };
  declare app: App;
  declare node: MigNode;
  declare views: readonly BoardView[];
  /** null: not asked for. */
  declare plan: RoomPlan | null;
  declare state: 'idle' | 'asking' | 'failed';

  #id = '';

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 12px 16px;
        border-top: 1px solid var(--line);
      }
      h2 {
        margin: 0 0 4px;
        font: 600 13px/18px var(--font);
      }
      p {
        margin: 0 0 8px;
        color: var(--t2);
        font: 12px/17px var(--font);
      }
      ol {
        margin: 0 0 8px;
        padding: 0;
        list-style: none;
      }
      li {
        padding: 5px 0;
        border-top: 1px solid var(--line);
        font: 12px/16px var(--font);
      }
      small {
        display: block;
        color: var(--t3);
        font-size: 11px;
        overflow-wrap: anywhere;
      }
      @media (max-width: 759px) {
        .button {
          height: 44px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.plan = null;
    this.state = 'idle';
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.node.id === this.#id) return;
    this.#id = this.node.id;
    this.plan = null;
    this.state = 'idle';
  }

  override render() {
    const { state, plan } = this;
    return html`<h2>${t('room')}</h2>
      <p>${t('roomText', { value: ratio(this.node.fragmentation) })}</p>
      ${plan && state === 'idle' ? this.#plan(plan) : nothing}
      ${state === 'failed' ? html`<p role="alert">${t('couldNotSuggest')}</p>` : nothing}
      <button class="button" aria-disabled=${state === 'asking'} @click=${this.#ask}>
        ${t(state === 'asking' ? 'checking' : 'suggest')}
      </button>`;
  }

  async #ask(): Promise<void> {
    if (this.state === 'asking') return;
    const { id } = this.node;
    this.state = 'asking';
    try {
      const plan = await readRoomPlan(this.app.link, id);
      if (id !== this.node.id) return;
      this.plan = plan;
      this.state = 'idle';
    } catch {
      if (id === this.node.id) this.state = 'failed';
    }
  }

  #plan(plan: RoomPlan) {
    if (!plan.moves.length) return html`<p role="status">${t('noMoves')}</p>`;
    const gains = plan.gains.map(({ profileName, places }) => t('gain', { profile: profileName, n: places }));
    const cost = {
      pods: plan.pods,
      minutes: minutesText(plan.seconds),
      before: ratio(plan.fragmentationBefore),
      after: ratio(plan.fragmentationAfter),
    };
    return html`<ol>
        ${plan.moves.map((move) => this.#move(move))}
      </ol>
      <p>${gains.join(', ')}</p>
      <p>${t('movesCost', cost)}</p>
      ${
        layoutsAfter(this.views, plan.moves)
          ? html`<p>
              <button
                class="button primary"
                @click=${() => this.dispatchEvent(new CustomEvent('plan-moves', { detail: plan.moves }))}
              >
                ${t('planMoves')}
              </button>
            </p>`
          : html`<p role="status">${t('movesGone')}</p>`
      }`;
  }

  #move({ profileName, fromDevice, fromStart, toDevice, toStart, holder }: RoomMove) {
    const place = placeText({ profileName, placementStart: fromStart });
    return html`<li>
      ${t('moveText', { place, from: this.#number(fromDevice.id), start: toStart, to: this.#number(toDevice.id) })}
      <small>${holder}</small>
    </li>`;
  }

  #number(deviceId: string): number {
    return this.views.find(({ board }) => board.id === deviceId)?.board.deviceIndex ?? 0;
  }
}

/** 0.50; – where there is none */
function ratio(value: number | null): string {
  return value === null ? UNKNOWN : value.toFixed(2);
}

customElements.define('planner-moves', PlannerMoves);
