/** What the search lists: groups of rows, the group with the best match first. */

import type { TemplateResult } from 'lit';
import type { Snapshot } from '../data/fleet';
import type { Device, Layout } from '../data/types';
import { gpuName, shortModel, shortUuid } from '../format/format';
import { STATE_GLYPHS } from '../parts/badges';
import { hatched, rack } from '../parts/icons';
import { stateWord } from '../parts/states.text';
import type { App } from './app';
import { actionCommands, type Command, pageCommands } from './palette-commands';
import { commandEntry, deviceEntries, type Entry, type Found, nodeEntries, search, wordsOf } from './palette-search';
import { t } from './palette.text';
import type { Route } from './routes';

export const ROWS_PER_GROUP = 8;

export interface Row {
  readonly icon: TemplateResult;
  readonly title: string;
  readonly detail: string;
  readonly href: string | null;
  readonly run: () => void;
}

export interface Group {
  readonly title: string;
  readonly rows: readonly Row[];
  /** How many match in all. */
  readonly total: number;
}

interface Ranked extends Group {
  readonly score: number;
}

export function groupsOf(app: App, snapshot: Snapshot, query: string, openShortcuts: () => void): Group[] {
  const words = wordsOf(query);
  const pages = commandGroup(t('pages'), pageCommands(app), words);
  const actions = commandGroup(t('actions'), actionCommands(app, snapshot, openShortcuts), words);
  if (!words.length) return [pages, actions];
  const groups = [pages, actions, ...fleetGroups(app, snapshot, words)];
  return groups.filter(({ rows }) => rows.length > 0).sort((a, b) => b.score - a.score);
}

function commandGroup(title: string, commands: readonly Command[], words: readonly string[]): Ranked {
  const rowOf = (command: Command): Row => ({ ...command, detail: '' });
  if (!words.length) return { title, rows: commands.map(rowOf), total: commands.length, score: 0 };
  const entries = commands.map((command) => commandEntry(command, command.title, command.words));
  return ranked(title, search(entries, words, ROWS_PER_GROUP), rowOf);
}

function fleetGroups(app: App, { layout, judged }: Snapshot, words: readonly string[]): Ranked[] {
  if (!layout) return [];
  const { nodes, devices } = entriesOf(layout);
  const nodeRow = (at: number): Row | null => {
    const node = layout.nodes[at];
    if (!node) return null;
    const detail = `${node.clusterName} · ${t('gpuCount', { n: node.count })}`;
    return row(app, rack, node.nodeName, detail, { page: 'node', id: node.id, query: {} });
  };
  const deviceRow = (at: number): Row | null => {
    const device = layout.devices[at];
    if (!device) return null;
    const state = judged?.states[at] ?? null;
    const icon = state ? STATE_GLYPHS[state] : hatched;
    const detail = [foundBy(device, words), stateWord(state ?? 'RETIRED')].join(' · ');
    return row(app, icon, gpuName(device), detail, { page: 'device', id: device.id, query: {} });
  };
  return [
    ranked(t('nodes'), search(nodes, words, ROWS_PER_GROUP), nodeRow),
    ranked(t('gpus'), search(devices, words, ROWS_PER_GROUP), deviceRow),
  ];
}

function ranked<T>(
  title: string,
  { best, total }: { readonly best: readonly Found<T>[]; readonly total: number },
  rowOf: (value: T) => Row | null,
): Ranked {
  const rows = best.map(({ value }) => rowOf(value)).filter((each) => each !== null);
  return { title, rows, total, score: best[0]?.score ?? 0 };
}

function row(app: App, icon: TemplateResult, title: string, detail: string, route: Route): Row {
  return { icon, title, detail, href: app.router.href(route), run: () => app.router.go(route) };
}

/** What the words were found in, where the name does not show it; else the model. */
function foundBy({ gpuUuid, pciAddress, model }: Device, words: readonly string[]): string {
  const isIn = (text: string) => words.some((word) => word.length >= 4 && text.toLowerCase().includes(word));
  if (isIn(gpuUuid) || words.some((word) => word.includes('…'))) return shortUuid(gpuUuid);
  return pciAddress && isIn(pciAddress) ? pciAddress : shortModel(model.modelName);
}

/** Entries are made once per layout: only the words change while somebody types. */
const made = new WeakMap<Layout, { nodes: Entry<number>[]; devices: Entry<number>[] }>();

function entriesOf(layout: Layout) {
  let entries = made.get(layout);
  if (!entries) {
    entries = { nodes: nodeEntries(layout), devices: deviceEntries(layout) };
    made.set(layout, entries);
  }
  return entries;
}
