import { expect, type Page } from "@playwright/test";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { ChatPage } from "../pages/chat-page.ts";
import { test } from "./perf-test.ts";

/** What the browser tells while an answer is written. */
interface Observed {
  longTaskMs: number[];
  /** Layout shifts of which a source lies above what is being written. */
  shiftsAbove: number;
  frames: number;
}

declare global {
  interface Window {
    observed?: Observed;
  }
}

interface LayoutShift extends PerformanceEntry {
  readonly sources: readonly { readonly node: Node | null }[];
}

/** Notes long tasks, and shifts of what was written before. Runs in the page. */
function observe(): void {
  const observed: Observed = { longTaskMs: [], shiftsAbove: 0, frames: 0 };
  window.observed = observed;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) observed.longTaskMs.push(duration);
  }).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    const growing = document.querySelector(".markdown > :last-child");
    for (const { sources } of list.getEntries() as LayoutShift[])
      if (sources.some(({ node }) => node !== null && isBefore(node, growing)))
        observed.shiftsAbove++;
  }).observe({ type: "layout-shift" });
  const isBefore = (node: Node, growing: Element | null): boolean =>
    growing !== null &&
    (growing.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_PRECEDING) !== 0 &&
    !node.contains(growing);
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
  await chat.send("Write.");
  await expect(chat.answers).toHaveAttribute("aria-busy", "false", { timeout: 120_000 });
  const observed = await page.evaluate(() => window.observed);
  const { longTaskMs = [], shiftsAbove = 0, frames = 0 } = observed ?? {};
  const longest = Math.max(0, ...longTaskMs);
  process.stdout.write(
    `${String(longTaskMs.length)} tasks above 50 ms, the longest ${longest.toFixed(0)} ms; ` +
      `${String(shiftsAbove)} layout shifts above what grows; ${String(frames)} frames\n`,
  );
  expect(await chat.answers.getByRole("heading").count()).toBeGreaterThan(10);
});
