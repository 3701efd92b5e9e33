/** Colour tokens as a canvas needs them: resolved for the theme in force. */

/** The colours of tokens ('line' for `--line`), as they compute inside `root`: `light-dark()` only an element resolves. */
export function coloursOf<K extends string>(root: ParentNode, tokens: readonly K[]): Readonly<Record<K, string>> {
  const probe = document.createElement('i');
  root.append(probe);
  const colours = tokens.map((token) => {
    probe.style.color = `var(--${token})`;
    return [token, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(colours) as Record<K, string>;
}

/** Calls back when the theme changes, by the reader or by the system; returns how to stop. */
export function onThemeChange(changed: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const chosen = new MutationObserver(changed);
  system.addEventListener('change', changed);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['style'] });
  return () => {
    system.removeEventListener('change', changed);
    chosen.disconnect();
  };
}
