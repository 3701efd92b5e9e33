/** A list at the side: a head with counts, two-line items that lead somewhere, and an answer where there are none. */

import { css, html, nothing, type TemplateResult } from 'lit';

export interface SideItem {
  readonly glyph: TemplateResult;
  readonly kind: 'crit' | 'warn' | 'idle' | '';
  readonly title: string;
  readonly second: string;
  /** At the right: of the first and of the second line. */
  readonly right: string;
  readonly rightSecond?: string;
  readonly href: string;
}

export interface SideList {
  readonly title: string;
  readonly counts?: TemplateResult | typeof nothing;
  readonly all?: { readonly href: string; readonly label: string } | null;
  readonly items: readonly SideItem[];
  readonly none: { readonly glyph: TemplateResult; readonly title: string; readonly text: string };
  readonly note?: string;
}

export function sideList({ title, counts = nothing, all = null, items, none, note }: SideList): TemplateResult {
  return html`<section aria-label=${title}>
    <div class="head">
      <h2>${title}</h2>
      ${counts} ${all ? html`<a class="all" href=${all.href}>${all.label}</a>` : nothing}
    </div>
    ${
      items.length
        ? html`<ul>
            ${items.map(sideItem)}
          </ul>`
        : html`<div class="none">
            ${none.glyph}
            <div>
              <strong>${none.title}</strong>
              <p>${none.text}</p>
            </div>
          </div>`
    }
    ${note && items.length ? html`<p class="note">${note}</p>` : nothing}
  </section>`;
}

/** The list while nothing is known yet. */
export function sideListLoading(title: string): TemplateResult {
  return html`<section aria-label=${title} aria-busy="true">
    <div class="head"><h2>${title}</h2></div>
    ${[0, 1, 2].map(
      () => html`<div class="item"><span class="lines"><i class="skeleton"></i><i class="skeleton"></i></span></div>`,
    )}
  </section>`;
}

function sideItem({ glyph, kind, title, second, right, rightSecond, href }: SideItem) {
  return html`<li>
    <a class="item ${kind}" href=${href}>
      ${glyph}
      <span class="lines"><b>${title}</b><span title=${second}>${second}</span></span>
      <span class="ends"><b>${right}</b><span>${rightSecond ?? ''}</span></span>
    </a>
  </li>`;
}

export const sideListStyles = css`
  section {
    padding: 0 16px 8px;
    border-bottom: 1px solid var(--line);
  }
  .head {
    display: flex;
    align-items: center;
    gap: 6px;
    min-height: 40px;
  }
  h2 {
    margin: 0 4px 0 0;
    font: 600 13px/18px var(--font);
  }
  .all {
    margin-left: auto;
    color: var(--acc);
    font: 12px/16px var(--font);
    text-decoration: none;
  }
  .all:hover {
    text-decoration: underline;
  }
  ul {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .item {
    display: flex;
    gap: 10px;
    min-height: 43px;
    padding: 5px 0;
    border-top: 1px solid var(--line);
    color: inherit;
    font: 12.5px/17px var(--font);
    text-decoration: none;
  }
  .item:hover b {
    text-decoration: underline;
  }
  .item > svg {
    width: 14px;
    height: 14px;
    margin-top: 2px;
    color: var(--t3);
  }
  .item.crit > svg {
    color: var(--critmark);
  }
  .item.warn > svg {
    color: var(--warnmark);
  }
  .lines,
  .ends {
    display: grid;
    align-content: start;
  }
  .lines {
    flex: 1;
    min-width: 0;
  }
  .lines > * {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .lines .skeleton {
    width: 60%;
    height: 9px;
    margin: 4px 0;
  }
  .lines b {
    font-weight: 500;
  }
  .lines span,
  .ends {
    color: var(--t3);
    font: 12px/16px var(--font);
  }
  .ends {
    justify-items: end;
    white-space: nowrap;
  }
  .ends b {
    font-weight: 400;
  }
  .idle .ends b {
    color: var(--t1);
    font-weight: 600;
  }
  .none {
    display: flex;
    gap: 10px;
    padding: 8px 0;
    border-top: 1px solid var(--line);
  }
  .none > svg {
    width: 14px;
    height: 14px;
    margin-top: 2px;
    color: var(--okmark);
  }
  .none strong {
    font-weight: 500;
  }
  .none p,
  .note {
    margin: 0;
    color: var(--t3);
    font: 12px/16px var(--font);
  }
  .note {
    padding-top: 4px;
  }
  @media (max-width: 759px) {
    .item {
      min-height: 48px;
      padding: 6px 0;
    }
    .all {
      padding: 14px 0;
    }
  }
`;
