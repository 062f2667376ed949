import type { VitePWAOptions } from "vite-plugin-pwa";

/**
 * A service worker that keeps the built app, so that a reload needs no network. Weights are not its
 * business: the model loader keeps those.
 */
export const offline: Partial<VitePWAOptions> = {
  // Inline registration would break the content security policy: see src/client/register-service-worker.ts.
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
    // At once, also for the pages that are open: a reload then shows the version that was found last.
    skipWaiting: true,
    clientsClaim: true,
  },
};
