/** Finds nodes, GPUs and commands by a few words, best first. Pure; made for 10,000 GPUs and a key every 50 ms. */

import type { Device, Layout } from '../data/types';

/** One text of an entry that can be searched, in lower case. */
interface Field {
  readonly text: string;
  /** How much a match in it counts. */
  readonly weight: number;
  /** Shorter words than this are not looked for in it: a digit is in every UUID. */
  readonly least: number;
}

export interface Entry<T> {
  readonly value: T;
  readonly fields: readonly Field[];
  /** A word that is this number and nothing else means this entry: the index of a GPU. */
  readonly index: number | null;
}

export interface Found<T> {
  readonly value: T;
  readonly score: number;
}

export interface Matches<T> {
  /** At most as many as asked for, best first; equals in the order of the entries. */
  readonly best: readonly Found<T>[];
  /** How many match in all. */
  readonly total: number;
}

const EXACT = 100;
const START = 60;
const WORD_START = 45;
const INSIDE = 25;
const INDEX = 90;

/** The words of a query. `h100-07 · GPU 3` and `h100-07/3` are what the page and the API write. */
export function wordsOf(query: string): string[] {
  return query
    .toLowerCase()
    .split(/[\s·/]+/u)
    .filter(Boolean);
}

/** A command or page: its title, and further words in any language. */
export function commandEntry<T>(value: T, title: string, words: string): Entry<T> {
  return {
    value,
    fields: [
      { text: title.toLowerCase(), weight: 1, least: 1 },
      { text: words.toLowerCase(), weight: 0.8, least: 2 },
    ],
    index: null,
  };
}

/** Every node of a layout, by name and cluster. */
export function nodeEntries(layout: Layout): Entry<number>[] {
  return layout.nodes.map((node, at) => ({
    value: at,
    fields: [
      { text: node.nodeName.toLowerCase(), weight: 1, least: 1 },
      { text: node.clusterName.toLowerCase(), weight: 0.4, least: 2 },
    ],
    index: null,
  }));
}

/** Every GPU of a layout by its position: by node and index, UUID, PCI address, model, cluster. */
export function deviceEntries(layout: Layout): Entry<number>[] {
  return layout.devices.map((device, at) => ({ value: at, fields: deviceFields(device), index: device.deviceIndex }));
}

function deviceFields(device: Device): Field[] {
  const uuid = device.gpuUuid.toLowerCase();
  return [
    { text: device.node.nodeName.toLowerCase(), weight: 1, least: 1 },
    { text: uuid.replace(/^gpu-/, ''), weight: 1, least: 4 },
    { text: uuid, weight: 1, least: 5 },
    { text: (device.pciAddress ?? '').toLowerCase(), weight: 0.9, least: 4 },
    { text: device.model.modelName.toLowerCase(), weight: 0.6, least: 2 },
    { text: device.node.clusterName.toLowerCase(), weight: 0.3, least: 3 },
  ];
}

/** The entries in which every word is found. */
export function search<T>(entries: readonly Entry<T>[], words: readonly string[], most: number): Matches<T> {
  const best: Found<T>[] = [];
  let total = 0;
  for (const entry of entries) {
    const score = scoreOf(entry, words);
    if (score === 0) continue;
    total += 1;
    insert(best, { value: entry.value, score }, most);
  }
  return { best, total };
}

/** 0: a word is not found. */
function scoreOf<T>(entry: Entry<T>, words: readonly string[]): number {
  let sum = 0;
  for (const word of words) {
    const score = wordScore(entry, word);
    if (score === 0) return 0;
    sum += score;
  }
  return sum;
}

function wordScore<T>({ fields, index }: Entry<T>, word: string): number {
  let best = 0;
  if (index !== null) {
    if (word === 'gpu') best = 1;
    else if (word === String(index) || word === `gpu${index}`) best = INDEX;
  }
  for (const { text, weight, least } of fields) {
    best = Math.max(best, weight * (word.includes('…') ? shortened(text, word) : placed(text, word, least)));
  }
  return best;
}

/** How well a word stands in a text: all of it, at its start, at the start of a word, inside. */
function placed(text: string, word: string, least: number): number {
  if (word.length < least) return 0;
  const at = text.indexOf(word);
  if (at < 0) return 0;
  if (at === 0) return text.length === word.length ? EXACT : START;
  return isLetterOrDigit(text.charCodeAt(at - 1)) ? INSIDE : WORD_START;
}

/** `1a2b3c4d…9f3c`, as the page writes a UUID. */
function shortened(text: string, word: string): number {
  const [start = '', end = ''] = word.split('…');
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end) ? EXACT : 0;
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code > 127;
}

/** Keeps a short list in order; equals stay in the order in which they came. */
function insert<T>(best: Found<T>[], found: Found<T>, most: number): void {
  const last = best.at(-1);
  if (best.length >= most && last && last.score >= found.score) return;
  let at = best.length;
  while (at > 0 && (best[at - 1]?.score ?? 0) < found.score) at -= 1;
  best.splice(at, 0, found);
  if (best.length > most) best.pop();
}
