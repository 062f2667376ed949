import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, expect, type Locator, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { buildNext, Deployment } from "./pages/deployment.ts";
import { endWorker } from "./pages/end-worker.ts";
import { conversationId, restored } from "./pages/kv-chat.ts";
import { GREEDY, STORY } from "./pages/pip.ts";
import { storedText } from "./pages/stored-records.ts";
import { test } from "./pages/test.ts";

const DIST = "dist";
const OUTDATED = "A new version is here: reload";

let next: string;
let deployment: Deployment;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  next = await mkdtemp(join(tmpdir(), "rekindle-next-"));
  await buildNext(next);
});
test.afterAll(() => rm(next, { recursive: true }));

test.beforeEach(async () => {
  deployment = await Deployment.of(DIST);
});
test.afterEach(() => deployment.stop());

/** A page of the deployed build, with what the other tests' page model has no name for. */
class Tab extends ChatPage {
  /** The notice that a newer build can be loaded. */
  readonly newer: Locator = this.page.getByRole("note", { name: "New version" });
  readonly waiting: Locator = this.page.getByRole("note", { name: "Waiting for another tab" });
  readonly reloadButton: Locator = this.page.getByRole("button", { name: "Reload", exact: true });

  readonly outdated: Locator = this.alert.filter({ hasText: OUTDATED });

  static async open(context: BrowserContext): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    await tab.goto(GREEDY);
    return tab;
  }

  /** Waits until a service worker is in charge: before that, only the server has the build. */
  async isKept(): Promise<void> {
    await this.page.waitForFunction(
      () => navigator.serviceWorker.controller?.state === "activated",
    );
  }

  isNext(): Promise<boolean> {
    return this.page.evaluate(() => document.querySelector('script[src*="/next/"]') !== null);
  }

  /** Reload the page by its own button. Returns when the newer build is there. */
  async takeNext(): Promise<void> {
    await this.reloadButton.click();
    await expect.poll(() => this.isNext().catch(() => false)).toBe(true);
    await expect(this.input).toBeEditable();
  }
}

/** Opens a page from the server, whatever the service worker keeps, as a reload with Shift does. */
async function openPastWorker(context: BrowserContext): Promise<Tab> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  await devtools.send("Network.setBypassServiceWorker", { bypass: true });
  const tab = new Tab(page);
  await tab.goto(GREEDY);
  return tab;
}

/** The addresses of all files of this build but the page: the ones that are loaded lazily, and all of them. */
async function partsOfBuild(): Promise<{ lazy: string[]; all: string[] }> {
  const manifest = JSON.parse(await readFile(join(DIST, ".vite/manifest.json"), "utf8")) as Record<
    string,
    { file: string; isDynamicEntry?: boolean }
  >;
  const lazy = Object.values(manifest)
    .filter(({ isDynamicEntry }) => isDynamicEntry)
    .map(({ file }) => `/${file}`);
  const all = (await readdir(join(DIST, "assets"))).map((file) => `/assets/${file}`);
  return { lazy, all };
}

/** Loads lazy files as the page does, and fetches the others. @returns the addresses of those that fail */
function missingParts(page: Page, parts: { lazy: string[]; all: string[] }): Promise<string[]> {
  return page.evaluate(async ({ lazy, all }) => {
    const isMissing = (loading: Promise<boolean>) =>
      loading.then(
        (isThere) => !isThere,
        () => true,
      );
    const imported = (part: string) => isMissing(import(part).then(() => true));
    const fetched = (part: string) => isMissing(fetch(part).then(({ ok }) => ok));
    const lost = await Promise.all([...lazy.map(imported), ...all.map(fetched)]);
    return [...lazy, ...all].filter((_, i) => lost[i]);
  }, parts);
}

const heldLocks = (page: Page): Promise<(string | undefined)[]> =>
  page.evaluate(async () => (await navigator.locks.query()).held?.map(({ name }) => name) ?? []);

test.describe("with a service worker", () => {
  let context: BrowserContext;
  test.beforeEach(async ({ browser }) => {
    context = await browser.newContext({
      baseURL: deployment.origin,
      serviceWorkers: "allow",
    });
  });
  test.afterEach(() => context.close());

  test("an answer that runs when a newer build comes is finished, kept, and gone on from there", async () => {
    const old = await Tab.open(context);
    await old.ready();
    await old.isKept();
    await old.ask("Hi, my name is Bella.");
    await old.slowDown(100);
    await old.beginAnswer(STORY);
    await old.slowDown(1000);
    await old.input.fill("What is my name?");
    await deployment.deploy(next);

    deployment.hasModels = false;
    const newer = await openPastWorker(context);
    expect(await newer.isNext()).toBe(true);
    await expect(newer.waiting).toContainText("goes on by itself");
    await expect(newer.page.getByText(/private browsing|keep anything/)).toHaveCount(0);
    await newer.input.fill("Good morning!");
    await newer.input.press("Enter");
    await expect(newer.input).toHaveValue("Good morning!");
    await expect(old.stopButton).toBeVisible();
    expect(await heldLocks(old.page)).toContainEqual(
      expect.stringMatching(/^rekindle\.answering\.http.*\/assets\//),
    );

    await old.slowDown(0);
    await expect(old.stopButton).toBeHidden({ timeout: 30_000 });
    await expect(old.alert).toContainText(OUTDATED);
    await expect(newer.waiting).toBeHidden();
    // The message that was sent meanwhile has waited too.
    await expect(newer.questions).toHaveText(["Good morning!"]);
    await expect(newer.conversation("My name is Bella.")).toBeVisible();
    const answer = await old.answerText();
    const stored = await storedText(newer.page, conversationId(old));
    expect(stored?.messages.at(-1)).toMatchObject({ text: answer, status: "complete" });
    await newer.page.close();

    await old.input.press("Enter");
    await expect(old.sendButton).toBeEnabled();
    await expect(old.alert).toHaveCount(1);
    await expect(old.input).toHaveValue("What is my name?");
    expect(await missingParts(old.page, await partsOfBuild())).toEqual([]);

    // The browser's own reload gets the same build again, from the service worker.
    await old.reload();
    expect(await old.isNext()).toBe(false);
    await expect(old.outdated).toBeVisible();

    deployment.hasModels = true;
    await old.takeNext();
    await expect(old.input).toHaveValue("What is my name?");
    await expect(old.questions).toHaveText(["Hi, my name is Bella.", STORY]);
    expect(await old.answerText()).toBe(answer);
    expect((await restored(old)).loadedTokens).toBeGreaterThan(0);
    await expect(old.alert).toHaveCount(0);
    expect(await old.ask("What is my name?")).toContain("Bella");
  });

  test("a newer build is offered in every tab, and what a tab that agrees leaves behind is told", async () => {
    deployment.hasModels = false;
    const [first, second] = [await Tab.open(context), await Tab.open(context)];
    await first.isKept();
    await deployment.deploy(next);
    await second.reload();
    expect(await second.isNext()).toBe(false);
    for (const tab of [first, second])
      await expect(tab.newer).toContainText("A new version is here");
    expect(await missingParts(second.page, await partsOfBuild())).toEqual([]);
    await first.input.fill("half a sen");
    await first.page.getByRole("button", { name: "Later" }).click();
    await expect(first.newer).toBeHidden();
    await expect(first.input).toHaveValue("half a sen");

    // This holds the lock that a tab holds while it is answering.
    const lock = await first.page.evaluateHandle(async () => {
      const entry = document.querySelector<HTMLScriptElement>("script[type=module]")?.src;
      const name = `rekindle.answering.${entry}`;
      const held = { letGo: (): void => undefined };
      const over = new Promise<void>((resolve) => (held.letGo = resolve));
      await new Promise<void>((resolve) => {
        void navigator.locks.request(name, { mode: "shared" }, () => (resolve(), over));
      });
      return held;
    });
    await second.input.fill("another half");
    await second.reloadButton.click();
    await expect(second.newer).toContainText("as soon as no answer is being written");
    expect(await second.isNext()).toBe(false);
    await lock.evaluate(({ letGo }) => letGo());
    await expect.poll(() => second.isNext().catch(() => false)).toBe(true);
    await expect(second.input).toHaveValue("another half");

    await expect(first.outdated).toBeVisible();
    await expect(first.input).toHaveValue("half a sen");
    await first.takeNext();
    await expect(first.input).toHaveValue("half a sen");
    await expect(first.outdated).toBeHidden();
  });
});

test.describe("without a service worker", () => {
  test.use({ serviceWorkers: "block" });

  test("parts that are gone before they were loaded are told of as a newer build", async ({
    page,
  }) => {
    const tab = new Tab(page);
    deployment.hasModels = false;
    /** Deploys the next build once both workers run, so that their scripts are the old build's. */
    const deployNext = async () => {
      await expect.poll(() => page.workers().length).toBe(2);
      await Promise.all(page.workers().map((worker) => worker.evaluate(() => undefined)));
      await deployment.deploy(next);
    };
    let deployed: Promise<void> | undefined;
    await page.route("**/Markdown-*.js", async (route) => {
      // The page may ask for it more than once.
      deployed ??= deployNext();
      await deployed;
      await route.continue();
    });
    await page.goto(`${deployment.origin}/${GREEDY}`);
    await expect(tab.outdated).toBeVisible();

    // What is loaded goes on working. A worker that dies cannot be started again.
    await endWorker(tab, "engine");
    await tab.send("Hello!");
    await expect(tab.sendButton).toBeVisible();
    await endWorker(tab, "store");
    await tab.input.fill("half a sen");
    await tab.input.press("Enter");
    await expect(tab.sendButton).toBeEnabled();
    await expect(tab.input).toHaveValue("half a sen");
    await expect(tab.alert).toHaveText(new RegExp(`^${OUTDATED}`));
    await expect(page.getByText("crashed")).toHaveCount(0);

    await tab.takeNext();
    await expect(tab.questions).toHaveText(["Hello!"]);
    await expect(tab.input).toHaveValue("half a sen");
    await expect(tab.outdated).toBeHidden();
  });
});
