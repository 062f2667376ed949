/** @file Small things that are kept in `localStorage` as JSON. Whoever reads one checks it. */

/** Longer ones were not written by this page, and are not parsed. */
const MAX_LENGTH = 2 ** 20;

/** What is kept under a key; undefined where there is nothing, or the browser keeps nothing. */
export function keptItem(key: string): unknown {
  try {
    const text = localStorage.getItem(key);
    return text === null || text.length > MAX_LENGTH ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps a value for later visits, or removes it where it is undefined. */
export function keepItem(key: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is blocked or full. This visit knows the value all the same.
  }
}
