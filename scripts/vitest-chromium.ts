import { playwright } from "@vitest/browser-playwright";
import { CHROMIUM_ARGS, chromiumPath } from "./chromium.ts";

/**
 * The options of Vitest's browser mode, with the same Chromium as every other browser test here.
 *
 * @param profile directory in which the browser stores what it keeps; without one, it keeps everything in memory
 */
export const inChromium = (profile?: string) => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({
    launchOptions: { executablePath: chromiumPath(), args: [...CHROMIUM_ARGS] },
    ...(profile !== undefined && { persistentContext: profile }),
  }),
  instances: [{ browser: "chromium" as const }],
});
