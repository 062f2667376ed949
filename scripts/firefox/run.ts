/**
 * @file `npm run firefox` opens the built page in Firefox, where there is no WebGPU on most machines, and chats with Pip
 * on the processor. It reloads the page and goes on: the history has to be loaded and not prefilled, and the answer has
 * to be that of a conversation that was never left. It prints what it saw.
 */

import type { AddressInfo } from "node:net";
import { launch, type Browser } from "puppeteer-core";
import { build, preview } from "vite";
import { firefoxPath } from "./find-firefox.ts";
import { FirefoxPage } from "./firefox-page.ts";

/** The build for measuring takes options with which rows come back bit for bit, and all of them from the store. */
const OUT_DIR = "dist-measuring";
const OPTIONS = "?device=processor&temperature=0&quality=exact&restore=load";

const QUESTION = "Tell me a story about a wizard.";
const NEXT_QUESTION = "What is the wizard's name?";

/** The most tokens that a turn may run after a reload: the question, and what the template adds. */
const MOST_RUN_TOKENS = 40;

function check(holds: boolean, sentence: string): void {
  console.log(`${holds ? "ok    " : "FAILED"} ${sentence}`);
  if (!holds) process.exitCode = 1;
}

async function serve() {
  // Pip answers, whichever model was fetched.
  process.env["LOCAL_MODEL"] = "none";
  await build({ mode: "measuring", logLevel: "warn", build: { outDir: OUT_DIR } });
  const server = await preview({
    logLevel: "warn",
    build: { outDir: OUT_DIR },
    preview: { port: 0, strictPort: false },
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return { address: `http://localhost:${String(port)}/${OPTIONS}`, close: () => server.close() };
}

async function chat(browser: Browser, address: string): Promise<void> {
  const page = new FirefoxPage(await browser.newPage());
  await page.open(address);
  const first = await page.ask(QUESTION);
  check(first.length > 20, `it answers: ${first}`);
  await describe(page);
  await page.saved();

  await page.reload();
  const resumed = await page.ask(NEXT_QUESTION);
  const restores = await page.measures("kv.restore");
  const loaded = Math.max(0, ...restores.map(({ loadedTokens }) => loadedTokens));
  const [turn] = await page.measures("chat.prefill");
  const run = turn?.prefilledTokens ?? Infinity;
  check(loaded > run, `after a reload, ${loaded} tokens were loaded`);
  check(run <= MOST_RUN_TOKENS, `the turn ran ${run} of ${turn?.promptTokens ?? 0} tokens`);

  await page.newConversation();
  const uninterrupted = [await page.ask(QUESTION), await page.ask(NEXT_QUESTION)];
  check(uninterrupted[0] === first, "the first answer is the same in another conversation");
  check(
    uninterrupted[1] === resumed,
    `the answer after the reload is that without one: ${resumed}`,
  );
}

async function describe(page: FirefoxPage): Promise<void> {
  const [load] = await page.measures("model.load");
  const isIsolated = await page.page.evaluate(() => globalThis.crossOriginIsolated);
  check(load?.adapter.includes("processor") === true, `it runs on: ${load?.adapter ?? "nothing"}`);
  check(isIsolated, "the page is isolated, so that the processor has threads");
}

async function main(): Promise<void> {
  const executablePath = firefoxPath();
  const server = await serve();
  const browser = await launch({ browser: "firefox", executablePath, headless: true });
  try {
    console.log(`${await browser.version()} at ${executablePath}`);
    await chat(browser, server.address);
  } finally {
    await browser.close();
    await server.close();
  }
}

await main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
