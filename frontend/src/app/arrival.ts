/** Takes the keyboard and the screen reader to a page that was gone to. */

/** Focuses the heading of the page; false where it has none yet. */
export function focusHeading(page: Element): boolean {
  const heading = findDeep(page, 'h1');
  if (!heading) return false;
  heading.tabIndex = -1;
  heading.style.outline = 'none'; // it takes the focus to be read out, not to be acted on
  heading.focus({ preventScroll: true });
  return true;
}

/** Whether the keyboard is somewhere that a change of the page took away. */
export function isFocusLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

/** The first match below an element, in its shadow tree and those of its parts. */
function findDeep(from: Element, selector: string): HTMLElement | null {
  const root = from.shadowRoot ?? from;
  const found = root.querySelector<HTMLElement>(selector);
  if (found) return found;
  for (const part of root.querySelectorAll('*')) {
    const deeper = part.shadowRoot ? findDeep(part, selector) : null;
    if (deeper) return deeper;
  }
  return null;
}
