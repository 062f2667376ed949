import { type BrowserContext, expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { test } from "./pages/kept-test.ts";
import {
  conversationId,
  expectStoredOnce,
  ownChunks,
  residentTokens,
  restored,
  restores,
  saved,
} from "./pages/kv-chat.ts";
import { countDevices, devices } from "./pages/counted-devices.ts";
import { EXACT, LONG, ON_GPU, STORY } from "./pages/pip.ts";
import { storedChunks, storedText } from "./pages/stored-records.ts";

const ELSEWHERE = "This conversation is open in another tab.";

const AWAY = "Another tab has the model. It is loaded here when you send a message.";

async function openTab(context: BrowserContext, options = ""): Promise<ChatPage> {
  const chat = new ChatPage(await context.newPage());
  await chat.goto(EXACT + options);
  return chat;
}

/** Opens another tab that shows the same conversation as the first one. */
async function openBeside(first: ChatPage, context: BrowserContext): Promise<ChatPage> {
  const second = new ChatPage(await context.newPage());
  await second.page.goto(first.page.url());
  await expect(second.takeOverButton).toBeVisible();
  return second;
}

/** Expects both tabs to show the same messages. */
async function expectSameThread(one: ChatPage, other: ChatPage): Promise<void> {
  await expect(async () => {
    const [text, sameText] = await Promise.all([one.log.innerText(), other.log.innerText()]);
    expect(text).toBe(sameText);
  }).toPass({ timeout: 10_000 });
}

test("a second tab follows an answer as it is written", async ({ context }) => {
  const first = await openTab(context);
  await first.ready();
  await first.slowDown(100);
  await first.beginAnswer(STORY);
  const second = await openBeside(first, context);

  await expect(second.page.getByRole("main")).toContainText(ELSEWHERE);
  await expect(second.sendButton).toBeHidden();
  await expect(second.regenerateButton).toBeHidden();
  await expect(second.questions).toHaveText([STORY]);
  await expect(second.answers).toHaveAttribute("aria-busy", "true");
  const seen = await second.answerText();
  await expect.poll(async () => (await second.answerText()).length).toBeGreaterThan(seen.length);
  await expect(first.stopButton).toBeVisible();
  expect((await second.answerText()).startsWith(seen)).toBe(true);

  await first.slowDown(0);
  await expect(first.stopButton).toBeHidden({ timeout: 30_000 });
  await expectSameThread(first, second);
  await expect(second.answers).toHaveAttribute("aria-busy", "false");
});

test("taking over stops the other tab, which then follows", async ({ context }) => {
  const first = await openTab(context);
  await first.ready();
  await first.slowDown(100);
  await first.beginAnswer(STORY);
  const shown = await first.answerText();
  const second = await openBeside(first, context);
  await second.takeOver();

  await expect(first.takeOverButton).toBeVisible();
  await expect(first.stopButton).toBeHidden();
  await expect(second.answers).toContainText("Stopped");
  expect((await second.answerText()).startsWith(shown)).toBe(true);
  await expectSameThread(first, second);

  await second.ask("Hello!");
  await expect(first.questions).toHaveText([STORY, "Hello!"]);
  await expectSameThread(first, second);

  await first.takeOver();
  await expect(second.takeOverButton).toBeVisible();
  await first.slowDown(0);
  await first.ask("Good morning!");
  await expect(second.questions).toHaveText([STORY, "Hello!", "Good morning!"]);
  await expect(second.answers).toHaveCount(3);
  await expectSameThread(first, second);
});

test("a tab that is left, or closed, leaves its conversation to the next", async ({ context }) => {
  const first = await openTab(context);
  await first.ready();
  await first.ask("Hello!");
  const second = await openBeside(first, context);

  await first.newConversation();
  await expect(second.sendButton).toBeVisible();
  await first.open("Hello!");
  await expect(first.takeOverButton).toBeVisible();
  await second.page.close();
  await expect(first.sendButton).toBeVisible();
  await first.ask("Good morning!");
});

test("what is begun or deleted in one tab is so in the other", async ({ context }) => {
  const first = await openTab(context);
  const second = await openTab(context);
  await first.ready();
  await first.slowDown(100);
  await first.beginAnswer(STORY);
  await expect(second.conversation(STORY)).toBeVisible();

  await second.delete(STORY);
  await expect(second.conversation(STORY)).toBeHidden();
  await expect(first.conversation(STORY)).toBeHidden();
  await expect(first.questions).toHaveCount(0);
  await expect(first.stopButton).toBeHidden();
  await first.slowDown(0);
  await first.ask("Hello!");
  await expect(second.conversation("Hello!")).toBeVisible();
  await expect(second.conversations.getByRole("link")).toHaveCount(1);
});

test("where tabs cannot speak to each other, the lock still keeps them apart", async ({
  context,
}) => {
  await context.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "BroadcastChannel");
  });
  const first = await openTab(context);
  await first.ready();
  await first.ask("Hello!");
  const second = await openBeside(first, context);
  await second.takeOver();
  await expect(first.takeOverButton).toBeVisible();
  await second.ask("Good morning!");
  await expect(second.questions).toHaveText(["Hello!", "Good morning!"]);
});

test("two tabs that save at the same time store what they share once, and harm nothing", async ({
  context,
  fresh,
}) => {
  const tabs = await Promise.all([openTab(context), openTab(context)]);
  const [first, second] = tabs;
  await Promise.all(tabs.map((tab) => tab.ask(LONG)));
  await Promise.all(tabs.map((tab) => tab.ready()));
  const [cow, dog] = ["What sound does a cow make?", "What sound does a dog make?"];
  await Promise.all([first.ask(cow), second.ask(dog)]);

  const stored = await Promise.all(tabs.map(saved));
  const [chunks, others] = await Promise.all(tabs.map(ownChunks));
  expect(chunks?.[0]?.owners.toSorted()).toEqual(tabs.map(conversationId).toSorted());
  expect(others?.[0]).toEqual(chunks?.[0]);
  // No token is stored twice in full chunks, and partial chunks that the conversation has passed are gone.
  for (const [i, tab] of tabs.entries()) await expectStoredOnce(tab, stored[i] ?? 0);
  const all = (await storedChunks(first.page)).map(({ prefixHash }) => prefixHash);
  expect(new Set(all).size).toBe(all.length);
  expect(all).toHaveLength((chunks?.length ?? 0) + (others?.length ?? 0) - 1);

  for (const [i, tab] of tabs.entries()) {
    await tab.reload();
    await expect(tab.questions).toHaveText([LONG, [cow, dog][i] ?? ""]);
    const text = await storedText(tab.page, conversationId(tab));
    const uninterrupted = await fresh.answer(text, "What is my name?");
    // The other tab has the model. To answer, this one loads it and restores the conversation.
    expect(await tab.ask("What is my name?")).toBe(uninterrupted.answer);
    expect(await restored(tab)).toMatchObject({ loadedTokens: stored[i], refusedChunks: 0 });
  }
});

test("a conversation that two tabs write in turns is stored once", async ({ context, fresh }) => {
  const first = await openTab(context);
  await first.ready();
  await first.ask(LONG);
  await saved(first);
  const second = await openBeside(first, context);
  await second.takeOver();
  await second.ask("What sound does a cow make?");
  await saved(second);

  await first.takeOver();
  await expect(second.takeOverButton).toBeVisible();
  const text = await storedText(first.page, conversationId(first));
  const uninterrupted = await fresh.answer(text, "What is my name?");
  expect(await first.ask("What is my name?")).toBe(uninterrupted.answer);
  const stored = await saved(first);
  await expectStoredOnce(first, stored);
  await second.page.close();
  await first.reload();
  expect(await restored(first)).toMatchObject({ loadedTokens: stored, refusedChunks: 0 });
});

test("one tab at a time has the model on the graphics card, where there is room for one", async ({
  browser,
  baseURL,
}) => {
  // Scripts that a service worker keeps would not be replaced by the counting one.
  const options = { serviceWorkers: "block" as const, ...(baseURL !== undefined && { baseURL }) };
  const context = await browser.newContext(options);
  await context.route("**/engine.worker*", countDevices);
  await context.addInitScript(() => {
    // The budget for models is then 8 MiB, which is less than Pip takes.
    Object.defineProperty(Navigator.prototype, "deviceMemory", { get: () => 2 ** -5 });
  });
  const first = await openTab(context, `${ON_GPU}&maxTokens=16`);
  await first.ready();
  await first.ask(LONG);
  const second = await openBeside(first, context);
  await expect(second.status).toHaveText(AWAY);
  await expect(second.answers).toHaveCount(1);
  expect(await devices(second)).toEqual([]);
  const [only, ...more] = await devices(first);
  expect(more).toEqual([]);
  expect(only?.bytes).toBeGreaterThan(9e6);

  const held = await residentTokens(first);
  await second.takeOver();
  await second.ask("What sound does a cow make?");
  await expect(first.status).toHaveText(AWAY);
  expect(await restored(second)).toMatchObject({ loadedTokens: held, refusedChunks: 0 });

  const heldThen = await residentTokens(second);
  const before = (await restores(first)).length;
  await first.takeOver();
  await first.ask("What is my name?");
  await expect(second.status).toHaveText(AWAY);
  expect(await restored(first, before)).toMatchObject({ loadedTokens: heldThen, refusedChunks: 0 });

  const all = [...(await devices(first)), ...(await devices(second))];
  all.sort((one, other) => one.fromMs - other.fromMs);
  expect(all.map(({ toMs }) => toMs !== undefined)).toEqual([true, true, false]);
  for (const [i, { fromMs }] of all.entries())
    if (i > 0) expect(fromMs).toBeGreaterThanOrEqual(all[i - 1]?.toMs ?? Infinity);
  await expect(first.alert).toHaveCount(0);
  await expect(second.alert).toHaveCount(0);
  await context.close();
});
