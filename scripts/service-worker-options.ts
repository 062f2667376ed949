import type { VitePWAOptions } from "vite-plugin-pwa";

/**
 * How the service worker is built. It keeps the built app, so that a reload needs no network. It does not keep weights,
 * because the model loader does.
 */
export const serviceWorkerOptions: Partial<VitePWAOptions> = {
  // The content security policy forbids inline scripts, so src/client/versions/register-service-worker.ts registers it.
  injectRegister: false,
  // The app's manifest is written by hand: public/manifest.webmanifest.
  manifest: false,
  workbox: {
    globPatterns: ["**/*.{html,js,css,svg,png,wasm,woff2,webmanifest}"],
    // WebLLM is large, and most visitors never need it. Whoever has used it has it without a network too, and so it is with
    // grammars. A newer build of WebLLM takes the place of the one before.
    globIgnores: ["models/**", "**/web-llm-*", "**/grammar-*"],
    runtimeCaching: [
      {
        urlPattern: /\/assets\/web-llm-[\w-]+\.js$/,
        handler: "CacheFirst",
        options: { cacheName: "web-llm", expiration: { maxEntries: 1 } },
      },
      {
        urlPattern: /\/assets\/grammar-[\w-]+\.js$/,
        handler: "CacheFirst",
        options: { cacheName: "grammars", expiration: { maxEntries: 100 } },
      },
    ],
    navigateFallback: "index.html",
    navigateFallbackDenylist: [/^\/models\//],
    // Workbox becomes part of the worker's own file, because the policy refuses to import another script by its address.
    inlineWorkboxRuntime: true,
    cleanupOutdatedCaches: true,
    // A newer build waits until the tabs of the older one are closed, or until the person agrees to load it. Otherwise it
    // would take away files that those tabs have yet to load. It waits for the message SKIP_WAITING.
    skipWaiting: false,
    // The first service worker takes charge of the page that registered it, without a reload.
    clientsClaim: true,
  },
};
