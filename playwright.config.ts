import { defineConfig } from "@playwright/test";
import { CHROMIUM_ARGS, chromiumPath } from "./scripts/chromium.ts";

const port = Number(process.env["E2E_PORT"] ?? 4319);
const baseURL = `http://localhost:${String(port)}`;

/** End-to-end tests of the built app: `vite build` comes first. */
export default defineConfig({
  // The software GPU takes every core there is, but much of a test is waiting: two at once take 0.7 of
  // the time.
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  // Busy machines with two cores run the tests, and a software GPU that takes both.
  expect: { timeout: 15_000 },
  reporter: [["list"], ["./scripts/bench/perf-reporter.ts"]],
  use: {
    baseURL,
    trace: "off",
    launchOptions: { executablePath: chromiumPath(), args: [...CHROMIUM_ARGS] },
  },
  webServer: {
    command: `vite preview --port ${String(port)} --strictPort`,
    url: baseURL,
    reuseExistingServer: false,
  },
  projects: [
    { name: "e2e", testDir: "e2e", testMatch: "**/*.spec.ts" },
    { name: "perf", testDir: "e2e/perf", testMatch: "**/*.perf.ts", timeout: 600_000 },
  ],
});
