import type { VitePWAOptions } from "vite-plugin-pwa";

/**
 * A service worker that keeps the built app, so that a reload needs no network. Weights are not its
 * business: the model loader keeps those.
 */
export const serviceWorkerOptions: Partial<VitePWAOptions> = {
  // Inline registration would break the content security policy: see src/client/versions/register-service-worker.ts.
  injectRegister: false,
  // public/manifest.webmanifest is written by hand.
  manifest: false,
  workbox: {
    globPatterns: ["**/*.{html,js,css,svg,wasm,webmanifest}"],
    // The other engine is large and most visitors never need it.
    globIgnores: ["models/**", "**/*web-llm*"],
    navigateFallback: "index.html",
    navigateFallbackDenylist: [/^\/models\//],
    // In the worker's own file: to import another script by its address is what the policy refuses.
    inlineWorkboxRuntime: true,
    cleanupOutdatedCaches: true,
    // A newer build waits until the tabs of the older one are closed, or the person agrees to load it:
    // it would take away parts that they have yet to load. It listens for the message SKIP_WAITING.
    skipWaiting: false,
    // The first one serves the page that brought it, without a reload.
    clientsClaim: true,
  },
};
