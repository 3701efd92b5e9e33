/** What the map shows, worked out anew only as far as something changed. */

import type { Metric } from '../../data/history';
import type { DeviceState } from '../../data/states';
import { isKnown, type Known, type Snapshot } from '../../data/fleet';
import { type Totals, totalsOf } from '../../data/totals';
import type { Layout } from '../../data/types';
import { type Geometry, geometryOf } from './geometry';
import { type Group, type Grouping, groupsOf } from './groups';
import { looksOf, PLACEHOLDER } from './looks';
import { keepShape, keptShape, placeholderGroups, shapeOf } from './map-shape';
import { powerTops } from './palette';
import type { Selection } from './selection';

/** What the reader chose. */
export interface Choice {
  readonly metric: Metric;
  readonly group: Grouping;
  readonly stateFilter: DeviceState | '';
  readonly selection: Selection;
  readonly zoomed: string | null;
}

const NO_LOOKS = new Uint16Array(0);
const NONE: ReadonlySet<string> = new Set();

export class Picture {
  groups: readonly Group[] = [];
  /** By key of the group; empty while nothing is known. */
  totals: ReadonlyMap<string, Totals> = new Map();
  geometry: Geometry = geometryOf([], 0, 0);
  looks: Uint16Array = NO_LOOKS;
  /** Ids of the nodes of which nothing is in service, or nothing is heard. */
  dark: ReadonlySet<string> = NONE;
  #labelWidth = 0;
  #shownOf: readonly unknown[] = [];
  #groupsOf: readonly unknown[] = [];
  #geometryOf: readonly unknown[] = [];
  #tops: { layout: Layout; watts: Float64Array } | null = null;

  constructor(private readonly roomFor: (names: readonly string[]) => number) {}

  show(snapshot: Snapshot, choice: Choice, width: number): void {
    const { metric, group, stateFilter, selection, zoomed } = choice;
    const of = [snapshot.judged, snapshot.cluster, metric, group, stateFilter, selection, zoomed, width];
    if (same(of, this.#shownOf)) return;
    this.#shownOf = of;
    if (isKnown(snapshot)) this.#group(snapshot, group);
    else this.#guess(snapshot, group);
    this.#layOut(width, zoomed);
    if (isKnown(snapshot)) this.#fill(snapshot, choice);
  }

  #group({ layout, judged, cluster }: Known, grouping: Grouping): void {
    const retired = judged.states.flatMap((state, at) => (state === null ? [at] : [])).join();
    const of = [layout, grouping, retired];
    if (same(of, this.#groupsOf)) return;
    this.#groupsOf = of;
    this.groups = groupsOf(layout, grouping, (at) => judged.states[at] !== null);
    this.#labelWidth = this.roomFor(layout.nodes.map((node) => node.nodeName));
    if (this.groups.length) keepShape(shapeKey(cluster, grouping), shapeOf(this.groups, this.#labelWidth));
  }

  #guess({ cluster }: Snapshot, grouping: Grouping): void {
    const of = [shapeKey(cluster, grouping)];
    if (same(of, this.#groupsOf)) return;
    this.#groupsOf = of;
    const shape = keptShape(shapeKey(cluster, grouping));
    this.groups = placeholderGroups(shape);
    this.#labelWidth = shape.labelWidth;
    this.looks = new Uint16Array(this.groups.reduce((sum, { cells }) => sum + cells.length, 0)).fill(PLACEHOLDER);
    this.totals = new Map();
    this.dark = NONE;
  }

  #layOut(width: number, zoomed: string | null): void {
    const of = [this.groups, width, this.#labelWidth, zoomed];
    if (same(of, this.#geometryOf)) return;
    this.#geometryOf = of;
    this.geometry = geometryOf(this.groups, width, this.#labelWidth, zoomed);
  }

  #fill({ layout, frame, judged }: Known, { metric, stateFilter, selection }: Choice): void {
    if (this.#tops?.layout !== layout) this.#tops = { layout, watts: powerTops(layout) };
    const { watts } = this.#tops;
    this.looks = looksOf({ layout, frame, judged, metric, stateFilter, selection, powerTops: watts });
    this.totals = new Map(this.groups.map(({ key, cells }) => [key, totalsOf(layout, frame, judged, cells)]));
    const dark = new Set<string>();
    for (const { id, first, count } of layout.nodes) {
      if (standsOut(judged, first, count)) dark.add(id);
    }
    if (!same([...dark], [...this.dark])) this.dark = dark;
  }
}

/** Whether no GPU of a node is in service, or none has a reading of now. */
function standsOut({ states, stale }: Known['judged'], first: number, count: number): boolean {
  let out = true;
  let old = true;
  for (let at = first; at < first + count; at++) {
    const state = states[at] ?? null;
    out &&= state === null || state === 'out';
    old &&= state === null || (stale[at] ?? false);
  }
  return out || old;
}

function shapeKey(cluster: string | null, grouping: Grouping): string {
  return `${grouping}:${cluster ?? ''}`;
}

function same(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((each, at) => Object.is(each, other[at]));
}
