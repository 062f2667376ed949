/** How long a page that is never idle is waited for. */
const PATIENCE_MS = 2000;

/** Calls when the page has nothing else to do. Returns the function that takes this back. */
export function whenIdle(call: () => void): () => void {
  // Safari has no such callbacks.
  if (!("requestIdleCallback" in window)) {
    const timer = setTimeout(call, PATIENCE_MS / 10);
    return () => clearTimeout(timer);
  }
  const asked = requestIdleCallback(call, { timeout: PATIENCE_MS });
  return () => cancelIdleCallback(asked);
}
