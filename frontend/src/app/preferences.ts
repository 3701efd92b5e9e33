/** What one reader prefers: theme, language, single keys. Kept in this browser. */

import { Store } from '../base/store';
import { locale } from '../i18n/locale';
import { type Preferences, stored } from './stored';

const KEY = 'gpu-preferences';

/** As the tokens of `page.css`: the browser's own bars take the colour of the page. */
const BACKGROUND = { light: '#FFFFFF', dark: '#0F1216' } as const;

const systemDark = matchMedia('(prefers-color-scheme: dark)');

/** The preferences in force. `change` them; never set them. */
export const preferences = new Store<Preferences>(stored(read(), navigator.languages));

/** Whether the page is dark now, by choice or as the system is. */
export const isDark = new Store(darkBy(preferences.value));

/** Changes some of them, now and for the next visit. */
export function change(some: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...some };
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences.value));
  } catch {
    // A browser that keeps nothing: they hold until the page is closed.
  }
}

/** Forgets what was kept: as on the first visit. */
export function reset(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Nothing was kept.
  }
  preferences.value = stored(null, navigator.languages);
}

/** Makes the document follow the preferences, the system, and the other tabs of this browser from now on. */
export function applyPreferences(): void {
  preferences.watch(apply);
  apply(preferences.value);
  systemDark.addEventListener('change', () => apply(preferences.value));
  addEventListener('storage', ({ key }) => {
    if (key === KEY) preferences.value = stored(read(), navigator.languages);
  });
}

function apply(chosen: Preferences): void {
  const { documentElement: root } = document;
  root.lang = chosen.locale;
  root.style.colorScheme = chosen.theme === 'system' ? '' : chosen.theme;
  locale.value = chosen.locale;
  isDark.value = darkBy(chosen);
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    const shade = chosen.theme !== 'system' ? chosen.theme : meta.media.includes('dark') ? 'dark' : 'light';
    meta.content = BACKGROUND[shade];
  }
}

function darkBy({ theme }: Preferences): boolean {
  return theme === 'system' ? systemDark.matches : theme === 'dark';
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
