/** What can be opened or done from the search besides nodes and GPUs. */

import type { TemplateResult } from 'lit';
import type { Snapshot } from '../data/fleet';
import { LANGUAGE_NAMES, LOCALES } from '../i18n/locale';
import {
  chip,
  cluster,
  globe,
  list,
  lock,
  map,
  moon,
  pause,
  play,
  plus,
  question,
  rack,
  slices,
  sliders,
  sun,
} from '../parts/icons';
import type { App } from './app';
import { t } from './palette.text';
import { change, preferences } from './preferences';
import type { Route } from './routes';
import { t as pageWord } from './shell.text';

export interface Command {
  readonly icon: TemplateResult;
  readonly title: string;
  /** Further words that find it, the same in every language. */
  readonly words: string;
  /** A command with an address is a link; any other is done at once. */
  readonly href: string | null;
  readonly run: () => void;
}

const PAGES = [
  { page: 'overview', icon: map },
  { page: 'devices', icon: chip },
  { page: 'nodes', icon: rack },
  { page: 'mig', icon: slices },
  { page: 'request', icon: plus },
  { page: 'allocations', icon: list },
  { page: 'settings', icon: sliders },
] as const;

export function pageCommands(app: App): Command[] {
  return PAGES.map(({ page, icon }) => {
    const route: Route = { page, query: {} };
    return { icon, title: pageWord(page), words: page, href: app.router.href(route), run: () => app.router.go(route) };
  });
}

/** The actions that change something now: what is so already is left out. */
export function actionCommands(app: App, snapshot: Snapshot, openShortcuts: () => void): Command[] {
  return [
    ...clusterCommands(app, snapshot),
    ...themeCommands(),
    ...languageCommands(),
    pauseCommand(app, snapshot),
    action(question, t('shortcuts'), 'keyboard shortcuts keys', openShortcuts),
    ...(snapshot.link.hasToken ? [action(lock, t('signOut'), 'sign out log out', () => app.link.useToken(null))] : []),
  ];
}

function clusterCommands(app: App, { clusters, cluster: chosen }: Snapshot): Command[] {
  if (clusters.length < 2 && chosen === null) return [];
  const look = (name: string) => app.router.refine({ cluster: name }, true);
  const others = clusters.filter((name) => name !== chosen);
  return [
    ...others.map((name) => action(cluster, t('cluster', { name }), `cluster ${name}`, () => look(name))),
    ...(chosen === null ? [] : [action(cluster, t('allClusters'), 'all clusters', () => look(''))]),
  ];
}

function themeCommands(): Command[] {
  const all = [
    { theme: 'light', icon: sun, title: t('themeLight') },
    { theme: 'dark', icon: moon, title: t('themeDark') },
    { theme: 'system', icon: sliders, title: t('themeSystem') },
  ] as const;
  return all
    .filter(({ theme }) => theme !== preferences.value.theme)
    .map(({ theme, icon, title }) => action(icon, title, `theme ${theme}`, () => change({ theme })));
}

function languageCommands(): Command[] {
  return LOCALES.filter((locale) => locale !== preferences.value.locale).map((locale) =>
    action(globe, LANGUAGE_NAMES[locale], `language 언어 ${locale}`, () => change({ locale })),
  );
}

function pauseCommand(app: App, { pausedAt }: Snapshot): Command {
  const toggle = () => app.feed.togglePause();
  return pausedAt ? action(play, t('goOn'), 'pause resume go on', toggle) : action(pause, t('pause'), 'pause', toggle);
}

function action(icon: TemplateResult, title: string, words: string, run: () => void): Command {
  return { icon, title, words, href: null, run };
}
