import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import { inChromium } from "./scripts/vitest-chromium.ts";
import { serviceWorkerOptions } from "./scripts/service-worker-options.ts";
import { devHeaders, policyInPage, securityHeaders } from "./scripts/security-headers.ts";

const testsNamed = (kind: "gpu" | "browser") => [`{src,shaders}/**/*.${kind}.test.{ts,tsx}`];

/** What needs an adapter, IndexedDB or the DOM. */
const inBrowser = {
  testTimeout: 60_000,
  setupFiles: ["scripts/gpu-adapter-setup.ts"],
  // Much of a test is waiting, or compiling on one core: two files at once take 0.85 of the time. `npm test` gives
  // each kind of test a browser of its own instead, in which none waits for another.
  maxWorkers: Number(process.env["GPU_TEST_WORKERS"] ?? 2),
  browser: inChromium(),
};

export default defineConfig({
  plugins: [react(), policyInPage(), VitePWA(serviceWorkerOptions)],
  // One page: what is not there is a 404, not that page again. The model loader must see the difference.
  appType: "mpa",
  worker: { format: "es" },
  resolve: {
    // Its build for browsers decodes "&amp;" by writing markup into an element, which the content security policy
    // refuses; the one for Node has a table. Markdown needs it.
    alias: {
      "decode-named-character-reference": fileURLToPath(
        import.meta.resolve("decode-named-character-reference"),
      ),
    },
  },
  // Nothing is inlined: the content security policy refuses `data:` for scripts and for `fetch`.
  build: { target: "es2023", manifest: true, assetsInlineLimit: 0 },
  server: { headers: devHeaders },
  preview: { headers: securityHeaders },
  test: {
    reporters: ["default", "./scripts/gpu-adapter-reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,shaders,workers,scripts,e2e}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.gpu.test.ts", "**/*.browser.test.{ts,tsx}"],
          // Files share their threads: to start one for each takes as long as all tests together. What a test
          // replaces is put back after it.
          pool: "threads",
          isolate: false,
          unstubGlobals: true,
          // Properties draw as many cases as they like, on machines that do other things too.
          testTimeout: 30_000,
        },
      },
      { extends: true, test: { ...inBrowser, name: "gpu", include: testsNamed("gpu") } },
      { extends: true, test: { ...inBrowser, name: "browser", include: testsNamed("browser") } },
    ],
  },
});
