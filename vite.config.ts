import react from "@vitejs/plugin-react";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { CHROMIUM_ARGS, chromiumPath } from "./scripts/chromium.ts";

const chromium = () => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({
    launchOptions: { executablePath: chromiumPath(), args: [...CHROMIUM_ARGS] },
  }),
  instances: [{ browser: "chromium" as const }],
});

/** Isolated, as `SharedArrayBuffer` and precise timers need. */
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

export default defineConfig({
  plugins: [react()],
  worker: { format: "es" },
  build: { target: "es2023", manifest: true },
  server: { headers: isolation },
  preview: { headers: isolation },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,shaders,workers,scripts}/**/*.test.{ts,tsx}"],
          exclude: ["**/*.gpu.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "gpu",
          include: ["{src,shaders}/**/*.gpu.test.ts"],
          testTimeout: 60_000,
          browser: chromium(),
        },
      },
    ],
  },
});
