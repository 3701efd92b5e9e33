/** Theme and language as choices of one: in the menu of the user and in the settings. */

import { css, html, type TemplateResult } from 'lit';
import { LANGUAGE_NAMES, LOCALES } from '../i18n/locale';
import { t } from './choices.text';
import { change, preferences } from './preferences';
import { THEMES } from './stored';

export const choiceStyles = css`
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0;
  }
  .choice {
    display: inline-flex;
    border: 1px solid var(--line2);
    border-radius: 6px;
  }
  .choice label {
    position: relative;
    padding: 4px 12px;
    border-left: 1px solid var(--line2);
    color: var(--t2);
    cursor: pointer;
  }
  .choice label:first-child {
    border-left: 0;
    border-radius: 5px 0 0 5px;
  }
  .choice label:last-child {
    border-radius: 0 5px 5px 0;
  }
  .choice label:has(:checked) {
    background: var(--accbg);
    box-shadow: inset 0 -2px var(--acc);
    color: var(--acc);
    font-weight: 500;
  }
  .choice label:has(:focus-visible) {
    outline: 2px solid var(--acc);
    outline-offset: 1px;
  }
  .choice input {
    position: absolute;
    inset: 0;
    margin: 0;
    opacity: 0;
    cursor: pointer;
  }
  @media (max-width: 759px) {
    .choice label {
      padding: 12px 16px;
    }
  }
`;

export function themeChoice(): TemplateResult {
  return choice(
    'theme',
    t('theme'),
    THEMES.map((theme) => ({ value: theme, label: t(theme), lang: '' })),
    preferences.value.theme,
    (theme) => change({ theme }),
  );
}

export function languageChoice(): TemplateResult {
  return choice(
    'language',
    t('language'),
    LOCALES.map((locale) => ({ value: locale, label: LANGUAGE_NAMES[locale], lang: locale })),
    preferences.value.locale,
    (locale) => change({ locale }),
  );
}

function choice<T extends string>(
  name: string,
  legend: string,
  options: readonly { value: T; label: string; lang: string }[],
  chosen: T,
  choose: (value: T) => void,
): TemplateResult {
  return html`<fieldset>
    <legend>${legend}</legend>
    <div class="choice">
      ${options.map(
        ({ value, label, lang }) =>
          html`<label lang=${lang || document.documentElement.lang}
            ><input type="radio" name=${name} .checked=${value === chosen} @change=${() => choose(value)} />${label}</label
          >`,
      )}
    </div>
  </fieldset>`;
}
