import { existsSync } from "node:fs";
import { chromium } from "playwright";

/**
 * The WebGPU adapter: a software one, so that every machine tests the same. `WEBGPU_ADAPTER=default` takes the GPU.
 */
const adapter = process.env["WEBGPU_ADAPTER"] ?? "swiftshader";

/**
 * Flags for a real GPU: without a screen, Chromium on Linux reaches one through Vulkan alone, and only if it is
 * told so.
 */
const VULKAN_ARGS = [
  "--enable-features=Vulkan,VulkanFromANGLE",
  "--use-angle=vulkan",
  "--use-vulkan=native",
  "--disable-vulkan-surface",
  "--ignore-gpu-blocklist",
];

/** Flags that make headless Chromium offer WebGPU. */
export const CHROMIUM_ARGS: readonly string[] = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  `--use-webgpu-adapter=${adapter}`,
  ...(adapter === "default" && process.platform === "linux" ? VULKAN_ARGS : []),
];

/**
 * Places where Chromium may be installed, the preferred one first. The headless shell has no window's interface, whose
 * start would cost each test a third of a page load.
 */
const INSTALLED = [
  "/usr/bin/chromium-headless-shell",
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
