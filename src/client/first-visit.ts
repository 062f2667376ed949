const KEY = "rekindle.introduced";

/** Whether the person has read what stays on this device, and does not want to see it again. */
export function isIntroduced(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

export function rememberIntroduction(): void {
  try {
    localStorage.setItem(KEY, "1");
  } catch {
    // Storage is blocked or full. The next visit says it again.
  }
}
