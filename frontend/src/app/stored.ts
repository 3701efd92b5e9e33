/** What one reader prefers, and how it is read back from what a browser kept. Pure. */

import { LOCALES, type Locale } from '../i18n/locale';

export type Theme = 'system' | 'light' | 'dark';

export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

export interface Preferences {
  readonly theme: Theme;
  readonly locale: Locale;
  /** Whether keys without Ctrl or ⌘ act. */
  readonly singleKeys: boolean;
}

/** What was kept, without what cannot be; the rest from the browser's languages. */
export function stored(text: string | null, languages: readonly string[]): Preferences {
  const kept = parsed(text);
  return {
    theme: THEMES.find((theme) => theme === kept.theme) ?? 'system',
    locale: LOCALES.find((locale) => locale === kept.locale) ?? firstOf(languages),
    singleKeys: typeof kept.singleKeys === 'boolean' ? kept.singleKeys : true,
  };
}

/** The first of the reader's languages that the page speaks. */
function firstOf(languages: readonly string[]): Locale {
  for (const language of languages) {
    const known = LOCALES.find((locale) => locale === language.slice(0, 2).toLowerCase());
    if (known) return known;
  }
  return 'en';
}

function parsed(text: string | null): Partial<Record<keyof Preferences, unknown>> {
  try {
    const kept: unknown = JSON.parse(text ?? '{}');
    return typeof kept === 'object' && kept !== null ? kept : {};
  } catch {
    return {};
  }
}
