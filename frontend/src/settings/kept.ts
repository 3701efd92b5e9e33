/** What this page keeps in the browser from visit to visit: all of it has names that begin alike. */

const PREFIX = 'gpu-';

export const PREFERENCES = 'gpu-preferences';

/** The names of what is kept now. */
export function keptNames(): string[] {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

export function forgetKept(): void {
  for (const name of keptNames()) localStorage.removeItem(name);
}
