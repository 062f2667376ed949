import { playwright } from "@vitest/browser-playwright";
import { CHROMIUM_ARGS, chromiumPath } from "./chromium.ts";

/** Vitest's browser mode, in the same Chromium as every other browser test here. */
export const inChromium = () => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  provider: playwright({
    launchOptions: { executablePath: chromiumPath(), args: [...CHROMIUM_ARGS] },
  }),
  instances: [{ browser: "chromium" as const }],
});
