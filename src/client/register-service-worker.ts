import { scriptUrl } from "./script-urls.ts";

/**
 * Makes the built page work offline from the next load on. A new version of the app takes over at the
 * load after the one that found it.
 *
 * Rejects when the browser refuses the worker: the page works on, but only with a network.
 */
export async function registerServiceWorker(): Promise<void> {
  // The dev server has no service worker, and a cached page would hide every change.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(scriptUrl("serviceWorker"));
}
