/** What stands in place of the rows of a list; needs `listMessageStyles`. */

import { html, type TemplateResult } from 'lit';
import { count } from '../format/format';
import { cssVars } from './css-vars';
import { filter } from './icons';
import { t } from './list.text';

const SKELETON_WIDTHS_PX = [120, 180, 150, 90];

/** Three rows of which nothing is known yet. */
export function loadingRows(): TemplateResult {
  return html`<div class="loading" aria-busy="true">
    <span class="hidden" role="status">${t('loading')}</span>
    ${[0, 1, 2].map(
      () =>
        html`<div class="skeletons">
          ${SKELETON_WIDTHS_PX.map((width) => html`<span class="skeleton" ${cssVars({ '--width': `${width}px` })}></span>`)}
        </div>`,
    )}
  </div>`;
}

/** Nothing matches: what was asked for, and the way back. */
export function noMatch(total: number, asked: readonly string[], clear: () => void): TemplateResult {
  return html`<div class="message">
    ${filter}
    <div role="status">
      <strong>${t('noMatch', { n: count(total) })}</strong>
      <p>${asked.length ? asked.reduce((first, second) => t('and', { first, second })) : ''}</p>
    </div>
    <button class="button" @click=${clear}>${t('clearFilters')}</button>
  </div>`;
}

/** A row as high as those that are not drawn. */
export function tableSpacer(height: number, columns: number): TemplateResult | '' {
  if (height <= 0) return '';
  return html`<tr class="spacer" aria-hidden="true"><td colspan=${columns} ${cssVars({ '--height': `${height}px` })}></td></tr>`;
}

/** The same for the phone's list. */
export function listSpacer(height: number): TemplateResult {
  return html`<li class="spacer" aria-hidden="true" ${cssVars({ '--height': `${height}px` })}></li>`;
}
