import { expect, type BrowserContext, type CDPSession, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import type { FreshEngine } from "./pages/fresh-engine.ts";
import { test } from "./pages/kept-test.ts";
import {
  bytesOf,
  compressed,
  conversationId,
  expectStoredOnce,
  ownChunks,
  PATIENCE,
  persists,
  restored,
  restores,
  saved,
} from "./pages/kv-chat.ts";
import { EMBEDDED, FEWEST_BYTES, EXACT, LONG, ON_GPU, READS_ALL, STORY } from "./pages/pip.ts";
import {
  damageValue,
  deleteDatabase,
  PLAIN_PAGE,
  storedText,
  storeFirstVersion,
  valueSizes,
  type Damage,
  type StoredText,
} from "./pages/stored-records.ts";

const CHUNK_TOKENS = 128;

/** Fewer bytes than a full chunk takes. */
const SHORT_BYTES = 300_000;

/**
 * Waits until the page keeps nothing more of what it fetches, which would take the room away from what a test stores.
 *
 * @returns the bytes that the origin takes then
 */
async function settledUsage(page: Page, devtools: CDPSession, origin: string): Promise<number> {
  const usage = async () => (await devtools.send("Storage.getUsageAndQuota", { origin })).usage;
  await page.waitForLoadState("networkidle");
  const isSettled = async () => {
    const before = await usage();
    await page.waitForTimeout(1000);
    return (await usage()) === before;
  };
  await expect.poll(isSettled, PATIENCE).toBe(true);
  return usage();
}

/** Opens a page of the app's origin in which no app runs. */
async function openPlain(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(PLAIN_PAGE);
  return page;
}

/** Expects the next answer to be that of an engine that has computed all of the stored text. */
async function expectRightAnswer(chat: ChatPage, fresh: FreshEngine, question: string) {
  const text = await storedText(chat.page, conversationId(chat));
  const uninterrupted = await fresh.answer(text, question);
  expect(await chat.ask(question)).toBe(uninterrupted.answer);
  await expect(chat.alert).toHaveCount(0);
}

async function expectValuesWhole(chat: ChatPage): Promise<void> {
  const sizes = await valueSizes(chat.page);
  expect(sizes.map(({ found }) => found)).toEqual(sizes.map(({ said }) => said));
}

const DAMAGES: [damage: Damage, question: string][] = [
  ["flipped", "What is my name?"],
  ["cut short", "What sound does a cow make?"],
  ["missing", "And a dog?"],
  ["another chunk's", "Who am I?"],
];

test("stored rows that were damaged are refused, computed again, and stored again", async ({
  page,
  fresh,
}) => {
  // There is a reload for each kind of damage.
  test.setTimeout(180_000);
  const chat = new ChatPage(page);
  await chat.goto(EXACT);
  await chat.ask(LONG);
  await chat.ask(LONG);
  for (const [damage, question] of DAMAGES)
    await test.step(damage, async () => {
      const stored = await saved(chat);
      await damageValue(page, damage, await ownChunks(chat));
      await chat.reload();
      const restore = await restored(chat);
      expect(restore).toMatchObject({ refusedChunks: 1, loadedTokens: stored - CHUNK_TOKENS });
      await expectRightAnswer(chat, fresh, question);
      await expectStoredOnce(chat, await saved(chat));
      await expectValuesWhole(chat);
    });
  const stored = await saved(chat);
  await chat.reload();
  expect(await restored(chat)).toMatchObject({ refusedChunks: 0, loadedTokens: stored });
});

test("so are rows that were coded, and coded again", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(`${EMBEDDED}&${READS_ALL}&${FEWEST_BYTES}`);
  for (const message of ["Hi, my name is Bella.", LONG, STORY]) await chat.ask(message);
  await compressed(chat);
  const chunks = await ownChunks(chat);
  const codedBytes = bytesOf(chunks.slice(0, 1));
  await damageValue(page, "flipped", chunks);

  await chat.reload();
  const { refusedChunks, recomputedTokens } = await restored(chat);
  expect(refusedChunks).toBe(1);
  expect(recomputedTokens).toBeGreaterThanOrEqual(CHUNK_TOKENS);
  expect(await chat.ask("What is my name?")).toContain("Bella");
  const [pass] = await compressed(chat);
  expect(pass?.codec).toMatch(/^transform-\d+-rans$/);
  await expectStoredOnce(chat, await saved(chat));
  await expectValuesWhole(chat);
  // The size need not be the same to the byte, because the rows were computed in other company this time.
  const codedAgainBytes = bytesOf((await ownChunks(chat)).slice(0, 1));
  expect(codedAgainBytes / codedBytes).toBeCloseTo(1, 1);

  await chat.reload();
  expect(await restored(chat)).toMatchObject({ refusedChunks: 0, strategy: "transform" });
});

/** Runs in the store worker. From now on it reads no value before it is told to go on. */
function holdReads(): { begun: Promise<unknown>; goOn: () => void } {
  const read = Reflect.get(Blob.prototype, "arrayBuffer");
  const [begun, goingOn] = [Promise.withResolvers(), Promise.withResolvers()];
  async function readLater(this: Blob): Promise<ArrayBuffer> {
    begun.resolve(undefined);
    await goingOn.promise;
    return read.call(this);
  }
  Reflect.set(Blob.prototype, "arrayBuffer", readLater);
  return { begun: begun.promise, goOn: () => goingOn.resolve(undefined) };
}

test("a device that is lost while rows are loaded takes nothing with it", async ({
  profile,
  fresh,
}) => {
  const chat = await profile.start();
  // Rows of a conversation that is left do not stay on the GPU.
  await chat.goto(`${EXACT}${ON_GPU}&keepOnGpu=0`);
  await chat.ask("Hi, my name is Bella.");
  await chat.ask(LONG);
  const before = await chat.log.innerText();
  const stored = await saved(chat);
  await chat.newConversation();
  await chat.ask("What sound does a cow make?");
  await saved(chat);
  const done = (await restores(chat)).length;

  const reads = await chat.worker("store").evaluateHandle(holdReads);
  await chat.open("My name is Bella.");
  await reads.evaluate(({ begun }) => begun);
  const devtools = await chat.page.context().browser()?.newBrowserCDPSession();
  await devtools?.send("Browser.crashGpuProcess");
  await expect(chat.status).toContainText("The device that runs the model was reset");
  await reads.evaluate(({ goOn }) => goOn());
  const loaded = async () => (await restores(chat)).slice(done).map((each) => each.loadedTokens);
  await expect.poll(loaded, PATIENCE).toContain(stored);

  await expect(chat.log).toHaveText(before, { useInnerText: true });
  await expectRightAnswer(chat, fresh, "What is my name?");
  expect((await chat.prefills()).at(-1)?.reusedTokens).toBeGreaterThanOrEqual(stored);
});

test("a database that is deleted under the page is begun anew", async ({
  page,
  context,
  fresh,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(EXACT);
  await chat.ask("Hi, my name is Bella.");
  await saved(chat);
  await deleteDatabase(await openPlain(context));
  await chat.input.fill("What sound does a cow make?");
  await chat.sendButton.click();
  // What was said before is deleted, and leaves the screen too.
  await expect(chat.questions).toHaveText(["What sound does a cow make?"]);
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.sendButton).toBeVisible();
  const [alone] = await fresh.talk(["What sound does a cow make?"]);
  await expect(chat.answers).toHaveText([alone?.answer ?? ""]);

  await expectRightAnswer(chat, fresh, "And a dog?");
  const text = await chat.log.innerText();
  await expectStoredOnce(chat, await saved(chat));
  await chat.reload();
  await expect(chat.log).toHaveText(text, { useInnerText: true });
  const { refusedChunks, recomputedTokens, loadedTokens, tokens } = await restored(chat);
  expect(refusedChunks).toBe(0);
  expect(loadedTokens + recomputedTokens).toBe(tokens);
  await expectRightAnswer(chat, fresh, "And a cat?");
});

const OLD: StoredText = {
  conversation: {
    id: "old",
    title: "My name is Bella.",
    createdAtMs: 1,
    updatedAtMs: 2,
    headId: "reply",
  },
  messages: [
    {
      id: "question",
      conversationId: "old",
      parentId: null,
      role: "user",
      text: "Hi, my name is Bella.",
      status: "complete",
      createdAtMs: 1,
    },
    {
      id: "reply",
      conversationId: "old",
      parentId: "question",
      role: "assistant",
      text: "Hello, Bella! Nice to meet you.",
      status: "complete",
      createdAtMs: 2,
      finishReason: "stop",
    },
  ],
};

test("what the first version stored is there, and its rows are stored from now on", async ({
  page,
  fresh,
}) => {
  await page.goto(PLAIN_PAGE);
  await storeFirstVersion(page, OLD);
  const chat = new ChatPage(page);
  await chat.goto(EXACT);
  await chat.open("My name is Bella.");
  await expect(chat.questions).toHaveText(["Hi, my name is Bella."]);
  await expect(chat.answers).toHaveText(["Hello, Bella! Nice to meet you."]);
  await expectRightAnswer(chat, fresh, "What is my name?");
  const stored = await saved(chat);
  await chat.reload();
  expect((await restored(chat)).loadedTokens).toBe(stored);
});

test("a disk that fills up in mid-answer is said, and the answer is on screen until it can be stored", async ({
  page,
  fresh,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(EXACT);
  await chat.ready();
  const devtools = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  const usage = await settledUsage(page, devtools, origin);
  const limit = (quotaSize?: number) =>
    devtools.send("Storage.overrideQuotaForOrigin", { origin, ...(quotaSize && { quotaSize }) });
  // There is room for a short conversation. Chromium goes by this limit until a write is too large, that of a full chunk.
  await limit(usage + SHORT_BYTES);
  await chat.ask("Hi, my name is Bella.");
  await saved(chat);
  const [, whole] = await fresh.talk(["Hi, my name is Bella.", LONG]);

  await limit(1);
  await chat.ask(LONG);
  await expect(chat.alert).toContainText("The browser has no storage left for this page");
  expect(await chat.answerText()).toBe(whole?.answer);
  await expect(chat.answers).toContainText([/Bella/, "Not finished"]);
  const failures = (await persists(chat)).map(({ failure }) => failure);
  expect(failures.slice(0, 2)).toEqual([undefined, "quota-exceeded"]);

  await limit();
  await chat.retryButton.click();
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.answers).toHaveText([/Bella/, whole?.answer ?? ""]);
  await expect(chat.sendButton).toBeVisible();
  await expectRightAnswer(chat, fresh, "What is my name?");
  await expect.poll(async () => (await ownChunks(chat)).length, PATIENCE).toBeGreaterThan(1);
  const text = await chat.log.innerText();
  await chat.reload();
  await expect(chat.log).toHaveText(text, { useInnerText: true });
  const { tokens, recomputedTokens } = await restored(chat);
  expect(recomputedTokens).toBeLessThan(tokens / 2);
});
