const KEY = "rekindle.last-export";

/** When all conversations were exported last, in milliseconds since 1970; undefined if never, or it is not known. */
export function lastExport(): number | undefined {
  try {
    const time = Number(localStorage.getItem(KEY) ?? NaN);
    return Number.isSafeInteger(time) && time > 0 && time <= 8.64e15 ? time : undefined;
  } catch {
    return undefined;
  }
}

export function rememberExport(nowMs: number): void {
  try {
    localStorage.setItem(KEY, String(nowMs));
  } catch {
    // Storage is blocked or full. The file is there all the same.
  }
}
