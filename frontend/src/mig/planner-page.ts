/** What another layout of a node's GPUs would cost: planned here, tried out against what is so, and applied. */

import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { App } from '../app/app';
import type { Route } from '../app/routes';
import type { Snapshot } from '../data/fleet';
import { followLayouts, type MigCommand, type MigNode, readMigNode, readProfiles, type RoomMove } from '../data/mig';
import type { Answered, Question } from '../parts/confirm-dialog';
import '../parts/confirm-dialog';
import { PageElement } from '../parts/element';
import { shared } from '../parts/shared';
import { Applying } from './applying';
import { DryRun } from './dry-run';
import { keyOf, type Placement } from './geometry';
import './planner-answer';
import type { Bar, ConsentGiven } from './planner-answer';
import './planner-changes';
import { PlannerDrag } from './planner-drag';
import './planner-gpu';
import type { GpuActs, PlannerGpu } from './planner-gpu';
import './planner-head';
import './planner-moves';
import { type BoardView, type Offers, offersOf, viewsOf, wantedLayouts } from './planner-model';
import { plannerPageStyles } from './planner-page.styles';
import './planner-palette';
import type { ProfilePicked } from './planner-palette';
import { applyQuestion, type Asked, modeQuestion } from './planner-questions';
import { Session } from './planner-session';
import { t } from './planner.text';
import { Renewal } from './renewal';

type PlannerRoute = Extract<Route, { readonly id: string }>;

export class PlannerPage extends PageElement {
  static override properties = {
    app: { attribute: false },
    snapshot: { attribute: false },
    route: { attribute: false },
    node: { state: true },
    reading: { state: true },
    offers: { state: true },
    asked: { state: true },
  };
  declare app: App;
  declare snapshot: Snapshot;
  declare route: PlannerRoute;
  declare node: MigNode | null;
  declare reading: 'reading' | 'read' | 'failed';
  /** The profiles of products none of whose GPUs here is partitioned. */
  declare offers: Offers;
  declare asked: Asked | null;

  #id = '';
  #session = this.#newSession();
  #drag = this.#newDrag();
  #dryRun: DryRun | null = null;
  readonly #applying = new Applying(
    () => this.app,
    () => this.requestUpdate(),
  );
  readonly #renewal = new Renewal(() => this.#read());

  static override styles = [shared, plannerPageStyles];

  readonly #acts: GpuActs = {
    drop: (deviceId, placement) => this.#session.drop(deviceId, placement),
    select: (deviceId, placement) => this.#session.select(deviceId, placement),
    grab: (deviceId, placement, event) => this.#drag.instance(event, deviceId, placement),
    move: (deviceId, placement, by) => this.#move(deviceId, placement, by),
    remove: (deviceId, placement) => {
      this.#session.remove(deviceId, placement);
      this.#focusGpus();
    },
    reset: (deviceId) => this.#session.reset(deviceId),
    fix: (deviceId) => this.#session.fix(deviceId),
    switchMode: (deviceId, on) => {
      this.asked = { kind: 'mode', deviceId, on };
    },
    release: (allocationId) => this.#session.release(allocationId, true),
  };

  constructor() {
    super();
    this.node = null;
    this.reading = 'reading';
    this.offers = new Map();
    this.asked = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('keydown', this.#onCommandKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('keydown', this.#onCommandKey);
    this.#leave();
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (this.route.id !== this.#id) this.#open(this.route.id);
    if (!this.node) return;
    const { now } = this.#session.steps;
    const dryRun = this.#dryRun;
    dryRun?.want(wantedLayouts(now, this.node.boards));
    const checkedOf = (id: string) => dryRun?.of(id) ?? null;
    this.#session.see(viewsOf(this.node, now, this.offers, checkedOf, performance.now()));
  }

  onKey({ key }: KeyboardEvent): boolean {
    const before = this.#session.chosen;
    const acted = this.#session.key(key);
    const { carry, chosen } = this.#session;
    if (acted && carry) void this.#follow(carry.deviceId);
    else if (acted && chosen) void this.#focusItem(chosen.deviceId, chosen.placement);
    else if (acted && before) this.#focusGpus();
    return acted;
  }

  override render() {
    const { node } = this;
    if (!node) return this.#without();
    const { views, steps } = this.#session;
    return html`<planner-head
        .app=${this.app}
        .snapshot=${this.snapshot}
        .node=${node}
        .steps=${steps}
        @undo=${() => this.#session.undo()}
        @redo=${() => this.#session.redo()}
        @discard=${() => this.#session.discard()}
      ></planner-head>
      ${views.some(({ board }) => board.migCapable) ? this.#columns(node, views) : html`<p class="hint">${t('noMig')}</p>`}
      <confirm-dialog .question=${this.#question} @answered=${this.#onAnswered}></confirm-dialog>`;
  }

  #open(id: string): void {
    this.#leave();
    this.#id = id;
    this.node = null;
    this.reading = 'reading';
    this.asked = null;
    this.#session = this.#newSession();
    this.#drag = this.#newDrag();
    this.#dryRun = new DryRun(this.app.link, () => this.requestUpdate());
    this.#renewal.start((changed) => followLayouts(this.app.link, { nodeIds: [id] }, changed));
  }

  #leave(): void {
    this.#renewal.stop();
    this.#dryRun?.stop();
    this.#drag.stop();
    this.#id = '';
  }

  #newSession(): Session {
    return new Session(
      () => this.requestUpdate(),
      (text) => {
        this.app.said.value = text;
      },
    );
  }

  #newDrag(): PlannerDrag {
    return new PlannerDrag(this.#session, () => this.#gpus());
  }

  /** Whether something is under way. */
  async #read(): Promise<boolean> {
    const id = this.#id;
    try {
      const node = await readMigNode(this.app.link, id);
      if (id !== this.#id) return false;
      const changed = layoutOf(node) !== layoutOf(this.node);
      this.node = node;
      this.reading = 'read';
      if (changed) this.#dryRun?.again();
      await this.#readOffers(node);
    } catch (error) {
      if (id === this.#id && !this.node) this.reading = 'failed';
      throw error;
    }
    return this.#applying.follow(this.node);
  }

  /** GPUs that are not partitioned list no profiles: those of their product are asked for once. */
  async #readOffers(node: MigNode | null): Promise<void> {
    const missing = (node?.boards ?? [])
      .filter(
        ({ migCapable, migPlaces, model }) => migCapable && !migPlaces.length && !this.offers.has(model.modelName),
      )
      .map(({ model }) => model.modelName);
    for (const name of new Set(missing)) {
      this.offers = new Map(this.offers).set(name, await readProfiles(this.app.link, name));
    }
  }

  #onProfile({ detail: { profileName, event } }: ProfilePicked): void {
    const { carry } = this.#session;
    if (event) {
      this.#drag.profile(event, profileName);
    } else if (carry?.profileName === profileName) {
      this.#session.layAside();
    } else {
      this.#session.takeUp(profileName);
      this.#focusGpus(); // Enter puts it down then, instead of pressing the button that had the focus
    }
  }

  #move(deviceId: string, placement: Placement, by: -1 | 1): void {
    const moved = this.#session.move(deviceId, placement, by);
    if (moved) void this.#focusItem(deviceId, moved);
  }

  readonly #onCommandKey = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.code !== 'KeyZ') return;
    const isElsewhere = (target: EventTarget) =>
      target instanceof HTMLDialogElement || (target instanceof HTMLInputElement && target.type === 'text');
    if (event.composedPath().some(isElsewhere)) return;
    event.preventDefault();
    if (event.shiftKey) this.#session.redo();
    else this.#session.undo();
  };

  // -- the focus

  #gpus(): NodeListOf<PlannerGpu> {
    return this.renderRoot.querySelectorAll<PlannerGpu>('planner-gpu');
  }

  #gpu(deviceId: string): PlannerGpu | undefined {
    return [...this.#gpus()].find(({ view }) => view.board.id === deviceId);
  }

  #focusGpus(): void {
    this.renderRoot.querySelector<HTMLElement>('.gpus')?.focus({ preventScroll: true });
  }

  async #follow(deviceId: string): Promise<void> {
    await this.updateComplete;
    this.#focusGpus();
    this.#gpu(deviceId)?.scrollIntoView({ block: 'nearest' });
  }

  async #focusItem(deviceId: string, placement: Placement): Promise<void> {
    await this.updateComplete;
    const gpu = this.#gpu(deviceId);
    await gpu?.updateComplete;
    const bar = gpu?.stageBar;
    await bar?.updateComplete;
    bar?.focusItem(keyOf(placement));
  }

  // -- applying

  get #bar(): Bar {
    const { viewer, link } = this.snapshot;
    if (viewer && !viewer.permissions.includes('MANAGE_LAYOUTS')) return 'role';
    return viewer && link.phase === 'open' ? '' : 'offline';
  }

  get #reader(): string {
    return this.snapshot.viewer?.subject ?? '';
  }

  get #ready(): readonly BoardView[] {
    return this.#session.views.filter(({ verdict }) => verdict === 'ready');
  }

  get #question(): Question | null {
    const { asked, node } = this;
    if (!asked || !node) return null;
    if (asked.kind === 'apply') {
      return applyQuestion(node, this.#ready, this.#session.steps.now.released, this.#reader);
    }
    const view = this.#session.view(asked.deviceId);
    return view ? modeQuestion(node, view.board, asked.on) : null;
  }

  #onAnswered({ detail: { yes, reason } }: Answered): void {
    const { asked } = this;
    this.asked = null;
    if (yes && asked) void this.#act(asked, reason);
  }

  async #act(asked: Asked, reason: string | null): Promise<void> {
    const session = this.#session;
    if (asked.kind === 'apply') {
      session.settle(
        await this.#applying.apply(this.#ready, wantedLayouts(session.steps.now, this.node?.boards ?? []), reason),
      );
    } else {
      const view = session.view(asked.deviceId);
      if (view) await this.#applying.switchMode(view.board, asked.on, reason);
    }
    this.#renewal.now();
  }

  // -- showing

  #columns(node: MigNode, views: readonly BoardView[]) {
    const { carry, chosen, steps } = this.#session;
    const [widest] = [...views].sort((a, b) => b.geometry.memorySlices - a.geometry.memorySlices);
    return html`<div class="columns ${carry ? 'carrying' : ''}">
      <section class="palette"><div>
        <planner-palette
          .offers=${offersOf(views)}
          .carried=${carry && !carry.from ? carry.profileName : ''}
          .memorySlices=${widest?.geometry.memorySlices ?? 8}
          .computeSlices=${widest?.geometry.computeSlices ?? 7}
          @profile-picked=${this.#onProfile}
        ></planner-palette>
        ${this.#moves(node, views)}
      </div></section>
      <div class="gpus" role="group" aria-label=${t('gpus', { node: node.nodeName })} tabindex="-1">
        ${this.#bar === 'role' ? html`<p class="hint">${t('lookOnly')}</p>` : nothing}
        ${repeat(
          views,
          ({ board }) => board.id,
          (view) => html`<planner-gpu
            .app=${this.app}
            .view=${view}
            .carry=${carry}
            .selected=${chosen?.deviceId === view.board.id ? chosen.placement : null}
            .mayAct=${this.#bar === ''}
            .isLooker=${this.#bar === 'role'}
            .acts=${this.#acts}
          ></planner-gpu>`,
        )}
        <planner-changes
          .views=${views}
          @roll-back=${({ detail }: CustomEvent<{ deviceId: string; command: MigCommand }>) =>
            this.#session.rollBack(detail.deviceId, detail.command)}
        ></planner-changes>
      </div>
      <aside aria-label=${t('dryRun')}>
        <planner-answer
          .views=${views}
          .released=${steps.now.released}
          .reader=${this.#reader}
          .bar=${this.#bar}
          .applying=${this.#applying.running}
          .now=${performance.now()}
          .failures=${this.#applying.failures}
          @consent=${({ detail: { allocationId, may } }: ConsentGiven) => this.#session.release(allocationId, may)}
          @check-again=${() => this.#dryRun?.again()}
          @apply=${() => {
            this.asked = { kind: 'apply' };
          }}
        ></planner-answer>
      </aside>
    </div>`;
  }

  /** Where room is lost to how instances lie, the moves that win it back. */
  #moves(node: MigNode, views: readonly BoardView[]) {
    if (node.fragmentation === null) return nothing;
    return html`<planner-moves
      .app=${this.app}
      .node=${node}
      .views=${views}
      @plan-moves=${({ detail }: CustomEvent<readonly RoomMove[]>) => this.#session.plan(detail)}
    ></planner-moves>`;
  }

  #without() {
    if (this.reading === 'reading') {
      return html`<h1 class="alone" tabindex="-1">${t('title')}</h1>
        <div class="wait" aria-busy="true">${[0, 1, 2].map(() => html`<div class="skeleton"></div>`)}</div>`;
    }
    const failed = this.reading === 'failed';
    return html`<div class="nothing" role=${failed ? 'alert' : nothing}>
      <h1 tabindex="-1">${t(failed ? 'failed' : 'missing')}</h1>
      <p>${failed ? this.snapshot.link.reason : t('missingText', { id: this.#id })}</p>
      ${
        failed
          ? html`<button class="button" @click=${() => this.#renewal.now()}>${t('tryAgain')}</button>`
          : html`<a class="button" href=${this.app.router.href({ page: 'mig', query: {} })}>${t('toNodes')}</a>`
      }
    </div>`;
  }
}

/** What a dry run depends on: which instances there are, and who has them. */
function layoutOf(node: MigNode | null): string {
  return JSON.stringify(
    (node?.boards ?? []).map(({ id, migEnabled, deviceStatus, migInstances, allocations }) => [
      id,
      migEnabled,
      deviceStatus,
      migInstances.map(({ id: mig, instanceStatus, allocated }) => [mig, instanceStatus, allocated]),
      allocations.map((allocation) => allocation.id),
    ]),
  );
}

customElements.define('planner-page', PlannerPage);
