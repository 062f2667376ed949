import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import { processorKernels } from "./scripts/assemblyscript.ts";
import { ENGLISH_SETUP, messages } from "./scripts/messages.ts";
import { webLlmCatalogue } from "./scripts/webllm-models.ts";
import { inChromium } from "./scripts/vitest-chromium.ts";
import { serveLocalModel } from "./scripts/serve-local-model.ts";
import { serviceWorkerOptions } from "./scripts/service-worker-options.ts";
import {
  commonHeaders,
  devHeaders,
  policyInPage,
  securityHeaders,
} from "./scripts/security-headers.ts";

const testsNamed = (kind: "device" | "processor" | "browser") => [
  `{src,shaders}/**/*.${kind}.test.{ts,tsx}`,
];

/** Options of tests that need a GPU adapter, IndexedDB or the DOM. */
const inBrowser = {
  testTimeout: 60_000,
  setupFiles: ["scripts/equal-numbers-setup.ts", "scripts/gpu-adapter-setup.ts"],
  // Much of a test is waiting, or compiling on one core, so that running two files at once takes 0.85 of the time.
  // `npm test` gives each kind of test a browser of its own instead, in which no test waits for another.
  maxWorkers: Number(process.env["GPU_TEST_WORKERS"] ?? 2),
  // Files share a page: its modules are loaded once, and the kernels of its device compiled once.
  isolate: false,
  browser: inChromium(),
};

/** Parts of a worker that get a name of their own, in place of that of their file, and what is in all of a part's modules. */
const NAMED_PARTS = { "web-llm-": "/@mlc-ai/web-llm/", "grammar-[name]-": "/@shikijs/langs/" };

/** The name of a worker's chunk: WebLLM's and those of grammars of programming languages have one of their own. */
function chunkName({ moduleIds }: { moduleIds: readonly string[] }): string {
  const isOf = (id: string) => moduleIds.some((module) => module.includes(id));
  const [name = "[name]-"] = Object.entries(NAMED_PARTS).find(([, id]) => isOf(id)) ?? [];
  return `assets/${name}[hash].js`;
}

export default defineConfig({
  plugins: [
    processorKernels(),
    messages(),
    react(),
    webLlmCatalogue(),
    policyInPage(),
    serveLocalModel(),
    VitePWA(serviceWorkerOptions),
  ],
  // There is one page, and a missing file is a 404 and not that page again: the model loader must see the difference.
  appType: "mpa",
  worker: {
    format: "es",
    plugins: () => [processorKernels()],
    // By their names the service worker leaves the other engine and grammars out of what every visitor fetches.
    rolldownOptions: { output: { chunkFileNames: chunkName } },
  },
  resolve: {
    // Markdown needs this package. Its build for browsers decodes "&amp;" by writing markup into an element, which the
    // content security policy refuses. Its build for Node has a table instead.
    alias: {
      "decode-named-character-reference": fileURLToPath(
        import.meta.resolve("decode-named-character-reference"),
      ),
    },
  },
  // No asset is inlined, because the content security policy refuses `data:` for scripts and for `fetch`.
  build: {
    target: "es2023",
    manifest: true,
    assetsInlineLimit: 0,
  },
  server: { headers: process.env["VITEST"] ? commonHeaders : devHeaders },
  preview: { headers: securityHeaders },
  test: {
    reporters: ["default", "./scripts/gpu-adapter-reporter.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,shaders,workers,scripts,e2e}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.{device,processor,browser}.test.{ts,tsx}"],
          setupFiles: ["scripts/equal-numbers-setup.ts", ENGLISH_SETUP],
          // Test files share their threads: starting a thread for each takes as long as all tests together. What a test
          // replaces is put back after it.
          pool: "threads",
          isolate: false,
          unstubGlobals: true,
          // Property tests draw many cases, and the machine may be busy with other things.
          testTimeout: 30_000,
        },
      },
      { extends: true, test: { ...inBrowser, name: "gpu", include: testsNamed("device") } },
      {
        extends: true,
        test: {
          name: "processor",
          include: [...testsNamed("device"), ...testsNamed("processor")],
          // As above. Each file opens a processor of its own all the same.
          pool: "threads",
          isolate: false,
          setupFiles: ["scripts/equal-numbers-setup.ts", "scripts/gpu-adapter-setup.ts"],
          env: { TEST_DEVICE: "processor" },
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        // These are imported when a first message is drawn, and by the thread that colours its code. If they were found only
        // then, tests would be loaded again.
        optimizeDeps: {
          entries: ["workers/highlight.worker.ts"],
          include: [
            ...["react-markdown", "remark-cjk-friendly", "remark-gfm", "remark-math"],
            ...["remark-parse", "remend", "unified", "lucide-react"],
          ],
        },
        test: {
          ...inBrowser,
          name: "browser",
          include: testsNamed("browser"),
          setupFiles: [...inBrowser.setupFiles, ENGLISH_SETUP],
        },
      },
    ],
  },
});
