import { existsSync } from "node:fs";
import { chromium } from "playwright";

/** Flags with which headless Chromium offers WebGPU, on a software adapter where there is no GPU. */
export const CHROMIUM_ARGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
] as const;

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/opt/google/chrome/chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** The Chromium that tests run in: `CHROMIUM_PATH`, an installed one, or Playwright's own download. */
export function chromiumPath(): string {
  const candidates = [process.env["CHROMIUM_PATH"], ...INSTALLED, chromium.executablePath()];
  return candidates.find((path) => path !== undefined && existsSync(path)) ?? "";
}
