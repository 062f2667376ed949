import { playwright } from "@vitest/browser-playwright";
import { CHROMIUM_ARGS, chromiumPath } from "./chromium.ts";

/**
 * Vitest's browser mode, in the same Chromium as every other browser test here.
 *
 * @param profile directory for what the browser stores; without one it is kept in memory
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
