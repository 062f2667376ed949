import { scriptUrl } from "../workers/script-urls.ts";

/**
 * Makes the built page work offline from the next load on. A newer build that it finds later waits until
 * all tabs are closed, or until the person agrees to load it.
 *
 * Rejects when the browser refuses the worker: the page works on, but only with a network.
 */
export async function registerServiceWorker(): Promise<ServiceWorkerRegistration | undefined> {
  // The dev server has no service worker, and a cached page would hide every change.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return undefined;
  return navigator.serviceWorker.register(scriptUrl("serviceWorker"));
}
