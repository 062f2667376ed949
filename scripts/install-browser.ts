import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chromiumPath } from "./chromium.ts";

/** Most time for a whole download: long enough for a slow line. */
const DOWNLOAD_TIMEOUT_MS = 300_000;
/** Most time until the first byte. On a machine without a network, none ever comes. */
const CONNECTION_TIMEOUT_MS = 10_000;

/** Whether Chromium starts. Some downloads lack a system library, and some packages are only stubs. */
function chromiumRuns(): boolean {
  const path = chromiumPath();
  if (path === "") return false;
  // On Windows `--version` opens a window and prints nothing, so Chromium is not started there.
  return process.platform === "win32" || spawnSync(path, ["--version"]).status === 0;
}

function download(): void {
  console.log("No Chromium found. Downloading one (once)…");
  const cli = "node_modules/playwright/cli.js";
  spawnSync(process.execPath, [cli, "install", "chromium"], {
    stdio: "inherit",
    timeout: DOWNLOAD_TIMEOUT_MS,
    env: {
      ...process.env,
      PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: String(CONNECTION_TIMEOUT_MS),
    },
  });
}

/**
 * Installs the distribution's package, where this process may. The headless shell is smaller, but not every release has
 * it.
 */
function installPackage(): void {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
  console.log("Installing the distribution's Chromium (once)…");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const aptGet = (...args: string[]) => spawnSync("apt-get", args, { stdio: "inherit", env });
  aptGet("update");
  for (const name of ["chromium-headless-shell", "chromium"]) {
    if (aptGet("install", "--yes", "--no-install-recommends", name).status === 0) return;
  }
}

for (const install of [download, installPackage]) {
  if (!chromiumRuns()) install();
}
if (!chromiumRuns()) {
  console.error("No Chromium to test in. Install one, or name it in CHROMIUM_PATH.");
  process.exitCode = 1;
}
