/** One GPU of the planner: its layout in one row, or now and after where something is planned for it. */

import { html, nothing, type TemplateResult } from 'lit';
import type { App } from '../app/app';
import type { MigCommand } from '../data/mig';
import { PageElement } from '../parts/element';
import { arrowRight, check, cross, staleClock, turning, undoArrow, warning } from '../parts/icons';
import { shared } from '../parts/shared';
import {
  allocationName,
  type BarGhost,
  type BarItem,
  holderOf,
  itemsAfter,
  itemsNow,
  placeText,
  sliceWords,
} from './bar-model';
import { type Carry, inTheWay, nextStart, placementOf } from './carry';
import { isFailed } from './dry-run';
import { keyOf, legalStarts, placed, type Placement, profileNamed } from './geometry';
import './mig-bar';
import type { MigBar } from './mig-bar';
import { plannerGpuStyles } from './planner-gpu.styles';
import { answerOf, type BoardView, computeInUse, consentsOf, type Verdict } from './planner-model';
import { t } from './planner.text';
import { differenceText, fixText, ruleText, stepsText, whyText } from './planner-words';

/** What can be done with one GPU of the planner. */
export interface GpuActs {
  drop(deviceId: string, placement: Placement): void;
  select(deviceId: string, placement: Placement): void;
  grab(deviceId: string, placement: Placement, event: PointerEvent): void;
  move(deviceId: string, placement: Placement, by: -1 | 1): void;
  remove(deviceId: string, placement: Placement): void;
  reset(deviceId: string): void;
  fix(deviceId: string): void;
  switchMode(deviceId: string, on: boolean): void;
  release(allocationId: string): void;
}

const VERDICTS: Readonly<Record<Exclude<Verdict, 'none'>, { kind: string; glyph: TemplateResult }>> = {
  checking: { kind: '', glyph: turning },
  ready: { kind: 'ok', glyph: check },
  refused: { kind: 'crit', glyph: cross },
  dropped: { kind: 'crit', glyph: cross },
  old: { kind: 'warn', glyph: staleClock },
  failed: { kind: 'warn', glyph: warning },
};

export class PlannerGpu extends PageElement {
  static override properties = {
    app: { attribute: false },
    view: { attribute: false },
    carry: { attribute: false },
    selected: { attribute: false },
    mayAct: { attribute: false },
    isLooker: { attribute: false },
    acts: { attribute: false },
  };
  declare app: App;
  declare view: BoardView;
  /** What is carried, over whichever GPU; null: nothing. */
  declare carry: Carry | null;
  /** The chosen instance of this GPU; null: none. */
  declare selected: Placement | null;
  /** Whether the reader may change GPUs, and the server answers. */
  declare mayAct: boolean;
  /** Whether the reader's role may change no GPU: then no change is offered. */
  declare isLooker: boolean;
  declare acts: GpuActs;

  static override styles = [shared, plannerGpuStyles];

  /** The bar that takes what is put down. */
  get stageBar(): MigBar | null {
    return this.renderRoot.querySelector<MigBar>('mig-bar.stage');
  }

  override render() {
    const { view } = this;
    return view.plan === null ? this.#row() : this.#unfolded();
  }

  get #n(): number {
    return this.view.board.deviceIndex;
  }

  #row() {
    const { board } = this.view;
    return html`<section class="row" aria-label=${t('gpu', { n: this.#n })}>
      <div class="name">${this.#title()}<small>${this.#subtitle()}</small></div>
      <div class="body">
        ${board.migEnabled === true || this.#carriedHere ? this.#stage(true) : this.#off()} ${this.#below()}
      </div>
    </section>`;
  }

  #unfolded() {
    const { view } = this;
    return html`<section class="unfolded ${view.verdict}" aria-label=${t('gpu', { n: this.#n })}>
      <div class="head">
        ${this.#title()} ${this.#badge()}
        <span class="difference">${differenceText(view)}</span>
        <button class="button" @click=${() => this.acts.reset(view.board.id)}>${undoArrow}${t('reset')}</button>
      </div>
      <h4>${t('now')}</h4>
      ${view.board.migEnabled === true ? this.#now() : this.#off()}
      <h4 class="after">${t('after')}</h4>
      ${this.#stage(false)} ${this.#below()} ${this.#problem()}
    </section>`;
  }

  #title() {
    const { router } = this.app;
    const href = router.href({ page: 'device', id: this.view.board.id, query: {} });
    return html`<h3><a href=${href}>${t('gpu', { n: this.#n })}</a></h3>`;
  }

  #subtitle(): string {
    const { board } = this.view;
    if (!board.migCapable) return t('notCapable');
    if (board.migEnabled !== true) return t('migOff');
    return t('used', { used: computeInUse(this.view), all: this.view.geometry.computeSlices });
  }

  #badge() {
    const { verdict } = this.view;
    if (verdict === 'none') return nothing;
    const { kind, glyph } = VERDICTS[verdict];
    return html`<span class="badge ${kind}">${glyph}${t(`verdict.${verdict}`)}</span>`;
  }

  #now() {
    const { board, geometry } = this.view;
    return html`<mig-bar
      .geometry=${geometry}
      .items=${itemsNow(board, geometry)}
      label=${t('nowOf', { n: this.#n })}
      .sliceWords=${sliceWords(geometry)}
    ></mig-bar>`;
  }

  /** The layout that is planned: here instances are chosen, and profiles put down. */
  #stage(compact: boolean) {
    const { view } = this;
    return html`<mig-bar
      class="stage"
      .geometry=${view.geometry}
      .items=${this.#items()}
      .ghosts=${this.#ghosts()}
      .inside=${this.carry !== null}
      .lanesName=${t('droppedName')}
      .sliceWords=${sliceWords(view.geometry)}
      .compact=${compact}
      .picks=${true}
      .selected=${this.selected ? keyOf(this.selected) : ''}
      label=${t(compact ? 'nowOf' : 'afterOf', { n: this.#n })}
      @item-picked=${({ detail }: CustomEvent<Placement>) => this.acts.select(view.board.id, detail)}
      @item-grabbed=${({ detail }: CustomEvent<{ placement: Placement; event: PointerEvent }>) =>
        this.acts.grab(view.board.id, detail.placement, detail.event)}
      @ghost-picked=${({ detail }: CustomEvent<Placement>) => this.#onGhost(detail)}
    ></mig-bar>`;
  }

  #items(): readonly BarItem[] {
    const { board, geometry, stage, plan } = this.view;
    if (plan === null) return itemsNow(board, geometry);
    const arriving = new Map(
      (answerOf(this.view)?.stops ?? []).flatMap(({ movesTo, profileName, holder }) =>
        movesTo === null || profileName === null
          ? []
          : [[keyOf({ profileName, placementStart: movesTo }), holder] as const],
      ),
    );
    return itemsAfter(board, geometry, stage.layout, (placement, instance) => {
      if (instance) return instance.allocated ? t('keeps') : '';
      return arriving.has(keyOf(placement)) ? t('movesHere') : '';
    });
  }

  /** Where what is carried could be put down, and where it is now; or what was dropped, and where others could go. */
  #ghosts(): readonly BarGhost[] {
    const { carry, view } = this;
    const dropped = view.plan?.dropped ?? null;
    if (carry) return this.#carriedGhosts(carry);
    if (!dropped) return [];
    const moves = (view.moves ?? []).map(
      ({ placement, to }): BarGhost => ({
        placement: { ...placement, placementStart: to },
        kind: 'move',
        text: t('couldMove', { profile: placement.profileName }),
      }),
    );
    return [{ placement: dropped, kind: 'illegal', text: placeText(dropped) }, ...moves];
  }

  #carriedGhosts(carry: Carry): readonly BarGhost[] {
    const { stage } = this.view;
    const profile = profileNamed(stage.geometry, carry.profileName);
    if (!profile) return [];
    const { from } = carry;
    const here = carry.deviceId === stage.id;
    if (from && !here) return [];
    const others = from ? stage.layout.filter((each) => keyOf(each) !== keyOf(from)) : stage.layout;
    const places = legalStarts(stage.geometry, others, profile).map((start): BarGhost => {
      const placement = placed(profile, start);
      const isAt = here && start === carry.start;
      return { placement, kind: isAt ? 'legal' : 'free', text: placeText(placement) };
    });
    if (!here || !inTheWay(stage, carry)) return places;
    const placement = placementOf(stage, carry);
    return [{ placement, kind: 'illegal', text: placeText(placement) }, ...places];
  }

  #onGhost(placement: Placement): void {
    if (this.carry) this.acts.drop(this.view.board.id, placement);
    else if (this.view.moves) this.acts.fix(this.view.board.id);
  }

  get #carriedHere(): boolean {
    const { carry, view } = this;
    return carry !== null && profileNamed(view.geometry, carry.profileName) !== undefined;
  }

  /** What is said and can be done under the bar: of what is carried, of the chosen instance, of a change under way. */
  #below() {
    const { carry, selected, view } = this;
    const obstacle = carry?.deviceId === view.stage.id ? inTheWay(view.stage, carry) : null;
    if (obstacle) return html`<p class="why">${cross}${whyText(obstacle, view.geometry)}</p>`;
    if (selected) return this.#chosen(selected);
    return view.open ? this.#command(view.open) : this.#empty();
  }

  #chosen(placement: Placement) {
    const { board, stage } = this.view;
    const instance = board.migInstances.find((each) => keyOf(each) === keyOf(placement));
    const place = placeText(placement);
    const step = (by: -1 | 1) => {
      const off = nextStart(stage, placement, by) === null;
      return html`<button
        class="button ${by === -1 ? 'left' : ''}"
        aria-label=${t(by === -1 ? 'left' : 'right')}
        aria-disabled=${off}
        @click=${() => (off ? undefined : this.acts.move(board.id, placement, by))}
      >
        ${arrowRight}
      </button>`;
    };
    return html`<div class="chosen">
      <span>${instance ? t('selectedText', { place, words: holderOf(instance) }) : place}</span>
      ${step(-1)} ${step(1)}
      <button class="button" @click=${() => this.acts.remove(board.id, placement)}>
        ${t('remove')} <kbd aria-hidden="true">Del</kbd>
      </button>
    </div>`;
  }

  /** A GPU without instances can be whole again. */
  #empty() {
    const { board, plan } = this.view;
    if (!this.mayAct || plan || board.migEnabled !== true || board.migInstances.length) return nothing;
    return html`<p class="chosen">
      <button class="button" @click=${() => this.acts.switchMode(board.id, false)}>${t('disable')}</button>
    </p>`;
  }

  #command(command: MigCommand) {
    return html`<p class="command" role="status">
      <span class="badge acc">${turning}${t(`command.${command.status}`)}</span> ${stepsText(command)}
    </p>`;
  }

  #off() {
    const { board } = this.view;
    if (!board.migCapable) return nothing;
    const [holder] = board.allocations;
    const waits = board.migPending !== null && board.migPending !== board.migEnabled;
    return html`<div class="off">
      <span
        >${holder ? t('whole', { holder: allocationName(holder) }) : t('offHint')} ${waits ? t('waitsReset') : nothing}</span
      >
      ${this.view.plan || this.isLooker ? nothing : this.#enable()}
    </div>`;
  }

  #enable() {
    const { board, open } = this.view;
    const off = !this.mayAct || open !== null;
    return html`<button
        class="button"
        aria-disabled=${off}
        @click=${() => (off ? undefined : this.acts.switchMode(board.id, true))}
      >
        ${t('enable')}
      </button>`;
  }

  /** Where one allocation alone is in the way, it can be let stop here. */
  #allow() {
    const [first, ...others] = this.mayAct ? consentsOf(this.view, new Set(), '') : [];
    const id = first?.allocationId ?? null;
    if (!first || id === null || others.length) return nothing;
    return html`<button class="button primary" @click=${() => this.acts.release(id)}>
      ${t('fix.allow', { name: first.name })}
    </button>`;
  }

  /** Why the plan cannot be, by which rule, and the one step that helps. */
  #problem() {
    const { view } = this;
    const { obstacle, geometry, moves, checked } = view;
    if (obstacle) {
      const fix = fixText(obstacle, moves);
      return html`<div class="problem" role="alert">
        ${cross}
        <div>
          <strong>${whyText(obstacle, geometry)}</strong>
          <p>${ruleText(obstacle, geometry)}</p>
        </div>
        ${
          fix === null
            ? nothing
            : html`<button class="button primary" @click=${() => this.acts.fix(view.board.id)}>${fix}</button>`
        }
      </div>`;
    }
    const refusal = answerOf(view)?.refusal;
    if (refusal && view.verdict === 'refused') {
      return html`<div class="problem" role="alert">
        ${cross}
        <div lang="en">
          <strong>${refusal.reason}</strong>
          <p>${[refusal.fix, refusal.rule].filter(Boolean).join(' ')}</p>
        </div>
        ${this.#allow()}
      </div>`;
    }
    if (!checked || !isFailed(checked.answer)) return nothing;
    return html`<div class="problem" role="alert">
      ${cross}
      <div>
        <strong>${t('couldNotCheck')}</strong>
        <p lang="en">${checked.answer.failure ?? nothing}</p>
      </div>
    </div>`;
  }
}

customElements.define('planner-gpu', PlannerGpu);
