/** What to do: what needs attention, who holds memory idle, what changed. */

import { css, html, nothing } from 'lit';
import type { App } from '../app/app';
import type { Query } from '../app/routes';
import { isKnown, type Known, type Snapshot } from '../data/fleet';
import { heldSince } from '../data/holding';
import type { Change, Viewer } from '../data/types';
import { celsius, duration, gib, gpuName, shortModel } from '../format/format';
import { PageElement } from '../parts/element';
import { arrowRight, check, cross, held, staleClock, warning } from '../parts/icons';
import { shared } from '../parts/shared';
import { stateWord } from '../parts/states.text';
import { type Issue, issuesOf, type Trouble } from './attention';
import { type Holder, type Idle, idleOf, type IdleSince, IdleTimes } from './idle';
import { t } from './overview.text';
import { perFrame } from './per-frame';
import { sideList, type SideItem, sideListLoading, sideListStyles } from './side-list';

const SHOWN = { issues: 8, holders: 6, changes: 8 } as const;

/** GPUs that are named one by one; of more, only the number is said. */
const NAMED_MAX = 4;

type Label = Parameters<typeof t>[0];

const ONE: Readonly<Record<Trouble, Label>> = {
  offline: 'offline',
  unhealthy: 'unhealthyIssue',
  hot: 'hot',
  silent: 'silent',
  unread: 'unread',
};

const WHOLE: Readonly<Record<Trouble, Label>> = {
  offline: 'nodeOffline',
  unhealthy: 'nodeUnhealthy',
  hot: 'nodeHot',
  silent: 'nodeSilent',
  unread: 'nodeUnread',
};

export class FleetAside extends PageElement {
  static override properties = { app: { attribute: false }, snapshot: { attribute: false } };
  declare app: App;
  declare snapshot: Snapshot;

  readonly #issues = perFrame(issuesOf);
  readonly #idle = perFrame(idleOf);
  readonly #idleTimes = new IdleTimes();

  static override styles = [
    shared,
    sideListStyles,
    css`
      :host {
        display: block;
      }
      @media (min-width: 760px) and (max-width: 1179px) {
        :host {
          display: grid;
          grid-template-columns: repeat(auto-fit, minmax(340px, 1fr));
        }
        section {
          border-right: 1px solid var(--line);
        }
      }
    `,
  ];

  override render() {
    const { snapshot } = this;
    if (!isKnown(snapshot)) return snapshot.link.phase === 'lost' ? nothing : loading();
    return html`${this.#attention(this.#issues(snapshot))} ${this.#holders(snapshot, this.#idle(snapshot))}
    ${this.#changes(snapshot)}`;
  }

  #attention(issues: readonly Issue[]) {
    const critical = issues.filter(({ severity }) => severity === 'crit').length;
    const warnings = issues.length - critical;
    return sideList({
      title: t('attention'),
      counts: html`${critical ? html`<span class="badge crit">${t('critical', { n: critical })}</span>` : nothing}
      ${warnings ? html`<span class="badge warn">${t('warnings', { n: warnings })}</span>` : nothing}`,
      all: issues.length > SHOWN.issues ? this.#list(listOf(issues)) : null,
      items: issues.slice(0, SHOWN.issues).map((issue) => this.#issue(issue)),
      none: { glyph: check, title: t('attentionNone'), text: t('attentionNoneText') },
    });
  }

  #issue(issue: Issue): SideItem {
    const { trouble, node, devices, wholeNode, reason, ageMs } = issue;
    const values = { celsius: celsius(issue.celsius) };
    const where =
      devices.length > NAMED_MAX || wholeNode
        ? t('deviceCount', { n: devices.length })
        : t('deviceList', { list: devices.map(({ index }) => index).join(', ') });
    const [first] = devices;
    return {
      glyph: issue.severity === 'crit' ? cross : trouble === 'hot' ? warning : staleClock,
      kind: issue.severity,
      title: t(wholeNode ? WHOLE[trouble] : ONE[trouble], values),
      second: [`${node.nodeName} · ${where}`, reason].filter(Boolean).join(' · '),
      right: ageMs === null ? '' : duration(ageMs + this.snapshot.sinceMs),
      href: this.app.router.href(
        devices.length === 1 && first
          ? { page: 'device', id: first.id, query: {} }
          : { page: 'node', id: node.id, query: {} },
      ),
    };
  }

  #holders(snapshot: Known, idle: Idle) {
    this.#idleTimes.begin(Date.parse(snapshot.frame.asOf));
    const items = idle.holders.slice(0, SHOWN.holders).map((holder) => this.#holder(snapshot, holder));
    return sideList({
      title: t('idle'),
      counts: idle.gpus ? html`<span class="badge">${t('deviceCount', { n: idle.gpus })}</span>` : nothing,
      all: idle.holders.length > SHOWN.holders ? this.#list({ state: 'held', sort: '-memory' }) : null,
      items,
      none: { glyph: check, title: t('idleNone'), text: t('idleNoneText') },
      note: t('idleOwners'),
    });
  }

  #holder(snapshot: Known, { node, modelName, positions, heldMb }: Holder): SideItem {
    const { layout, frame, allocations, viewer } = snapshot;
    const gpus = positions.flatMap((position) => {
      const device = layout.devices[position];
      return device ? [{ id: device.id, position }] : [];
    });
    const since = this.#idleSince(snapshot, gpus);
    const age = since ? duration(Math.max(0, Date.parse(frame.asOf) - since.at)) : '';
    const [first] = gpus;
    return {
      glyph: held,
      kind: 'idle',
      title: node.nodeName,
      second: [
        t('idleGpus', { n: positions.length, model: shortModel(modelName) }),
        ownersOf(
          gpus.flatMap(({ id }) => allocations.byDevice.get(id) ?? []),
          viewer,
        ),
      ]
        .filter(Boolean)
        .join(' · '),
      right: `${gib(heldMb)} GiB`,
      rightSecond: since ? t(since.orBefore ? 'idleAtLeast' : 'idleFor', { age }) : '',
      href: this.app.router.href(
        gpus.length === 1 && first
          ? { page: 'device', id: first.id, query: {} }
          : { page: 'node', id: node.id, query: {} },
      ),
    };
  }

  /** Since when all of these are idle: of one that is held since its last load, else since its memory was. */
  #idleSince(
    { history, allocations, loadSeen }: Known,
    gpus: readonly { readonly id: string; readonly position: number }[],
  ): IdleSince | null {
    const held = gpus.flatMap(({ id }) => {
      const holders = allocations.byDevice.get(id);
      const without = holders ? loadSeen.withoutLoad(id, Math.max(...holders.map(heldSince))) : null;
      return without ? [{ at: without.since, orBefore: without.orBefore }] : [];
    });
    const others = this.#idleTimes.ofAll(
      gpus.filter(({ id }) => !allocations.byDevice.has(id)),
      history,
    );
    return [...held, ...(others ? [others] : [])].reduce<IdleSince | null>(
      (last, since) => (last === null || since.at > last.at ? since : last),
      null,
    );
  }

  #changes(snapshot: Known) {
    const { changes } = snapshot.exceptions;
    return sideList({
      title: t('changes'),
      items: changes.slice(0, SHOWN.changes).map((change) => this.#change(snapshot, change)),
      none: { glyph: staleClock, title: t('changesNone'), text: t('changesNoneText') },
    });
  }

  #change({ layout, frame }: Known, change: Change): SideItem {
    const device = layout.devices[layout.at.get(change.entityId) ?? -1];
    const node = layout.nodes.find(({ id }) => id === change.entityId || id === change.nodeId);
    const what = device ? gpuName(device) : (node?.nodeName ?? t('gpu'));
    return {
      glyph: arrowRight,
      kind: '',
      title: `${what} ${changeWords(change)}`,
      second: [t('by', { actor: change.actor }), change.reason ?? ''].filter(Boolean).join(' · '),
      right: duration(Math.max(0, Date.parse(frame.asOf) + this.snapshot.sinceMs - Date.parse(change.at))),
      href: this.app.router.href(
        device
          ? { page: 'device', id: device.id, query: {} }
          : node
            ? { page: 'node', id: node.id, query: {} }
            : { page: 'devices', query: {} },
      ),
    };
  }

  #list(query: Query) {
    return { href: this.app.router.href({ page: 'devices', query }), label: t('viewAll') };
  }
}

/** The list behind the issues: heat is no state, so what is only hot is found by its order. */
function listOf(issues: readonly Issue[]): Query {
  return issues.every(({ trouble }) => trouble === 'hot') ? { sort: '-temperature' } : { state: 'unhealthy,nodata' };
}

/** minseo; minseo +2; that there is none, to a reader who would see it */
function ownersOf(holders: readonly { readonly userId: string }[], viewer: Viewer | null): string {
  const [first, ...more] = new Set(holders.map(({ userId }) => userId));
  if (first === undefined) return viewer?.permissions.includes('READ_ALL_ALLOCATIONS') ? t('idleNoOwner') : '';
  return more.length ? t('idleOwnersMore', { owners: first, n: more.length }) : first;
}

function loading() {
  return (['attention', 'idle', 'changes'] as const).map((title) => sideListLoading(t(title)));
}

function changeWords({ kind, before, after }: Change): string {
  if (kind === 'DEVICE_STATUS_CHANGED') return t('fromTo', { before: word(before), after: word(after) });
  if (kind.endsWith('REGISTERED')) return t('registered');
  return kind.endsWith('REMOVED') ? t('removed') : t('updated');
}

type Word = Parameters<typeof stateWord>[0];

function word(status: string | null): string {
  return status === null ? '–' : stateWord(status as Word);
}

customElements.define('fleet-aside', FleetAside);
