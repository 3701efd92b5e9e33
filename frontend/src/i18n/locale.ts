/** The language of the page: one for all of it, kept here so that texts and formats agree. */

import { Store } from '../base/store';

export type Locale = 'en' | 'ko';

export const LOCALES: readonly Locale[] = ['en', 'ko'];

/** The language in force. Set through `preferences`, which also remembers it. */
export const locale = new Store<Locale>('en');

/** What each language calls itself, whatever the language of the page. */
export const LANGUAGE_NAMES: Readonly<Record<Locale, string>> = { en: 'English', ko: '한국어' };
