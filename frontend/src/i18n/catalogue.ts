/** Texts in every language, next to the part of the page that shows them (`*.text.ts`). */

import { IntlMessageFormat } from 'intl-messageformat';
import { type Locale, locale } from './locale';

type Values = Readonly<Record<string, string | number>>;

/** Texts in ICU message syntax by key: `{n, plural, one {# GPU} other {# GPUs}}`. */
type Texts<K extends string> = Readonly<Record<K, string>>;

/** The text of a key in the language of the page, with its values filled in. */
export type Translate<K extends string> = (key: K, values?: Values) => string;

/** Every catalogue that is loaded; tests read it. */
export const catalogues: { readonly en: Texts<string>; readonly ko: Texts<string> }[] = [];

/** Declares the texts of one part of the page. A key that one language lacks is a type error. */
export function catalogue<const E extends Texts<string>>(
  en: E,
  ko: Texts<Extract<keyof E, string>>,
): Translate<Extract<keyof E, string>> {
  const byLocale: Readonly<Record<Locale, Texts<string>>> = { en, ko };
  const compiled: Record<Locale, Map<string, IntlMessageFormat>> = { en: new Map(), ko: new Map() };
  catalogues.push(byLocale);
  return (key, values) => {
    const language = locale.value;
    const text = byLocale[language][key] ?? key;
    if (!text.includes('{')) return text;
    let message = compiled[language].get(key);
    if (!message) {
      message = new IntlMessageFormat(text, language, undefined, { ignoreTag: true });
      compiled[language].set(key, message);
    }
    return String(message.format(values));
  };
}
