import { expect, type Page } from "@playwright/test";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { countShifts } from "../../src/metrics/testing-shifts.ts";
import { ChatPage } from "../pages/chat-page.ts";
import { test } from "./perf-test.ts";

/** What the browser tells while an answer is written. */
interface Observed {
  longTaskMs: number[];
  frames: number;
}

declare global {
  interface Window {
    observed?: Observed;
  }
}

/** Notes long tasks, and counts frames. Runs in the page. */
function observe(): void {
  const observed: Observed = { longTaskMs: [], frames: 0 };
  window.observed = observed;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) observed.longTaskMs.push(duration);
  }).observe({ type: "longtask" });
  const frame = () => {
    observed.frames++;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** The scripted engine as one script. */
async function scriptedEngine(): Promise<string> {
  const input = fileURLToPath(new URL("streaming/scripted-engine.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, modulePreload: false, rolldownOptions: { input } },
  });
  const [{ output } = { output: [] }] = [built].flat() as { output: { code?: string }[] }[];
  const [script] = output;
  if (script?.code === undefined) throw new Error("the scripted engine was not built");
  return script.code;
}

async function putInPlace(page: Page, code: string): Promise<void> {
  await page.context().route("**/assets/engine.worker-*.js", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: code });
  });
}

test.use({ serviceWorkers: "block" });

test("streaming: 4,000 pieces of Markdown at 100 a second", async ({ page }) => {
  await putInPlace(page, await scriptedEngine());
  const chat = new ChatPage(page);
  await chat.goto();
  await chat.ready();
  await page.evaluate(observe);
  const shifts = await page.evaluateHandle(countShifts, await page.evaluateHandle(() => document));
  await chat.send("Write.");
  await expect(chat.answers).toHaveAttribute("aria-busy", "false", { timeout: 120_000 });
  const observed = await page.evaluate(() => window.observed);
  const { longTaskMs = [], frames = 0 } = observed ?? {};
  const { all, above } = await shifts.jsonValue();
  const longest = Math.max(0, ...longTaskMs);
  process.stdout.write(
    `${String(longTaskMs.length)} tasks above 50 ms, the longest ${longest.toFixed(0)} ms; ` +
      `${String(all)} layout shifts, ${String(above)} of them above what grows; ${String(frames)} frames\n`,
  );
  expect(await chat.answers.getByRole("heading").count()).toBeGreaterThan(10);
  expect(above).toBe(0);
});
