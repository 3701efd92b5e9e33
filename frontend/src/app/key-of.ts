/** Which key was meant, whatever the keyboard writes. Pure. */

/** The key in lower case; for a letter of another script (Hangul, Cyrillic) the Latin one on the same key. */
export function keyOf({ key, code }: { readonly key: string; readonly code: string }): string {
  const isLatin = key.length === 1 && key <= '~';
  if (!isLatin && (key === 'Process' || key.length === 1) && /^Key[A-Z]$/.test(code))
    return code.slice(3).toLowerCase();
  return key.length === 1 ? key.toLowerCase() : key;
}
