import { defineConfig } from "@playwright/test";
import { MEASURING, SHIPPED } from "./e2e/pages/servers.ts";
import { CHROMIUM_ARGS, chromiumPath } from "./scripts/chromium.ts";

// Tests do not depend on which model was fetched. Those of a served model bring one of their own.
process.env["LOCAL_MODEL"] = process.env["PERF_MODEL"] ?? process.env["KILLS_MODEL"] ?? "none";

/** End-to-end tests of the built app. Both builds have to be made before. */
export default defineConfig({
  // The software GPU takes every core there is, but much of a test is waiting: running two tests at once takes 0.7 of the
  // time.
  workers: 2,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  // Tests must also pass on busy machines with two cores, both of which the software GPU takes.
  expect: { timeout: 15_000 },
  reporter: [["list"], ["./e2e/perf/report/perf-reporter.ts"]],
  use: {
    baseURL: SHIPPED.url,
    trace: "off",
    launchOptions: { executablePath: chromiumPath(), args: [...CHROMIUM_ARGS] },
  },
  webServer: {
    command: `node scripts/serve-builds.mjs ${[SHIPPED, MEASURING].map(({ folder, port }) => `${folder}=${String(port)}`).join(" ")}`,
    // The last one to be served.
    url: MEASURING.url,
    reuseExistingServer: false,
  },
  projects: [
    {
      name: "e2e",
      testDir: "e2e",
      testMatch: "**/*.spec.ts",
      // What the service worker fetches ahead takes as long as the page and the model together. The pages that tests share
      // have one, and so have tests of what it does.
      use: { serviceWorkers: "block" },
    },
    {
      name: "perf",
      testDir: "e2e/perf",
      testMatch: "**/*.perf.ts",
      timeout: 600_000,
      // What is not there after a minute never comes. Without this, a click waits as long as the whole test may.
      use: { baseURL: MEASURING.url, actionTimeout: 60_000 },
    },
  ],
});
