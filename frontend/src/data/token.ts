/** The token of this tab. Gone when the tab is closed; a browser that keeps nothing holds it until the page is left. */

const KEY = 'gpu-token';

export class KeptToken {
  #held = read();

  get value(): string | null {
    return this.#held;
  }

  set value(token: string | null) {
    this.#held = token;
    try {
      if (token === null) sessionStorage.removeItem(KEY);
      else sessionStorage.setItem(KEY, token);
    } catch {
      // It is held here all the same.
    }
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
