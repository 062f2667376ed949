import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import type { FreshEngine, FreshTurn } from "./pages/fresh-engine.ts";
import { test } from "./pages/kept-test.ts";
import {
  expectStoredOnce,
  persists,
  restored,
  restores,
  saved,
  storedBytes,
} from "./pages/kv-chat.ts";
import { EXACT, LONG, STORY } from "./pages/pip.ts";

/** How many tokens the template puts between the last token of a reply and the next message. */
const TEMPLATE_TOKENS = 2;

/** User messages that tell a fact, move on, and ask for it: `recall-resume.browser.test.ts` has more of them. */
const RECALL = [
  "hey there.",
  "i like to eat chocolate.",
  "pixel is my turtle.",
  "do you know what i like to eat?",
];

/**
 * A conversation up to its last message, and how the whole conversation went in another browser without
 * interruption.
 */
interface Interrupted {
  chat: ChatPage;
  question: string;
  /** How the last message was answered there. */
  uninterrupted: FreshTurn;
  stored: number;
}

/** Has all messages but the last one answered, as in the uninterrupted conversation. Waits until the KV is stored. */
async function talkUntilLast(
  chat: ChatPage,
  fresh: FreshEngine,
  messages: readonly string[],
): Promise<Interrupted> {
  const turns = await fresh.talk(messages);
  for (const [i, message] of messages.slice(0, -1).entries())
    expect(await chat.ask(message)).toBe(turns[i]?.answer);
  const [question, uninterrupted] = [messages.at(-1), turns.at(-1)];
  if (question === undefined || !uninterrupted) throw new Error("a conversation without messages");
  return { chat, question, uninterrupted, stored: await saved(chat) };
}

/** Expects everything that was said to be loaded, and the next prompt to run only what it adds. */
async function expectResumed({ chat, question, uninterrupted, stored }: Interrupted) {
  const restore = await restored(chat);
  expect(restore).toMatchObject({ reusedTokens: 0, loadedTokens: stored, refusedChunks: 0 });
  expect(restore.recomputedTokens).toBe(restore.tokens - stored);
  expect(restore.recomputedTokens).toBeLessThanOrEqual(TEMPLATE_TOKENS);

  expect(await chat.ask(question)).toBe(uninterrupted.answer);
  const { promptTokens, prefilledTokens } = uninterrupted.prefill;
  expect((await chat.prefills()).at(-1)).toMatchObject({
    promptTokens,
    reusedTokens: restore.tokens,
    prefilledTokens: prefilledTokens - restore.recomputedTokens,
  });
}

/** Waits until that many saves are over. @returns the bytes that each of them has written */
async function writtenBytes(chat: ChatPage, saves: number): Promise<number[]> {
  await expect.poll(async () => (await persists(chat)).length).toBe(saves);
  return (await persists(chat)).map(({ bytesWritten }) => bytesWritten);
}

/** Makes the next load fetch the model's weights from the network, where they take two seconds to come. */
async function fetchWeightsAgainSlowly({ page }: ChatPage): Promise<void> {
  const shard = "params_shard_0.bin";
  await page.context().route(`**/${shard}`, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await route.continue();
  });
  const removed = await page.evaluate(async (name) => {
    let entries = 0;
    for (const cacheName of await caches.keys()) {
      const cache = await caches.open(cacheName);
      for (const request of await cache.keys())
        if (request.url.endsWith(name) && (await cache.delete(request))) entries++;
    }
    return entries;
  }, shard);
  expect(removed).toBeGreaterThan(0);
}

test("after a reload only the next message is prefilled", async ({ chat, fresh }) => {
  // The address does not ask for reading. Reading is so much faster here that the planner chooses it.
  const messages = ["Hi, my name is Bella.", "What sound does a cow make?", "What is my name?"];
  const interrupted = await talkUntilLast(chat, fresh, messages);
  await fetchWeightsAgainSlowly(chat);
  await chat.reload();
  await expectResumed(interrupted);
  // The restoration began while the model was still being loaded.
  const [load] = await chat.measures("model.load");
  const [restore] = await chat.measures("kv.restore");
  if (!load || !restore) throw new Error("they were there a moment ago");
  expect(restore.startTime).toBeLessThan(load.startTime + load.duration);
});

test("a tab that is hidden and frozen while it restores goes on", async ({
  exactChat: chat,
  fresh,
}) => {
  const messages = ["Hi, my name is Bella.", "What sound does a cow make?", "What is my name?"];
  const interrupted = await talkUntilLast(chat, fresh, messages);
  const { hash } = new URL(chat.page.url());
  // This store takes seconds to read the conversation.
  await chat.goto(`${EXACT}&readMBps=0.1${hash}`);
  const devtools = await chat.page.context().newCDPSession(chat.page);
  const become = (state: "frozen" | "active") =>
    devtools.send("Page.setWebLifecycleState", { state });
  await become("frozen");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await become("active");
  await expectResumed(interrupted);
});

test("so it is after the browser was closed, and again after that", async ({ profile, fresh }) => {
  let chat = await profile.start();
  await chat.goto(EXACT);
  const messages = ["Hi, my name is Bella.", STORY, "Who was in the story?", "What is my name?"];
  const turns = await fresh.talk(messages);
  await chat.ask("Hi, my name is Bella.");
  await chat.ask(STORY);
  for (const [i, question] of messages.slice(2).entries()) {
    const stored = await saved(chat);
    const address = chat.page.url();
    await profile.close();
    chat = await profile.start();
    await chat.page.goto(address);
    const uninterrupted = turns[i + 2];
    if (!uninterrupted) throw new Error("a message that was not answered");
    await expectResumed({ chat, question, uninterrupted, stored });
  }
});

test("what was told before a reload is answered as without it", async ({
  exactChat: chat,
  fresh,
}) => {
  const interrupted = await talkUntilLast(chat, fresh, RECALL);
  await chat.reload();
  await expectResumed(interrupted);
});

test("each of two conversations is back when it is opened", async ({ exactChat: chat, fresh }) => {
  const nora = await talkUntilLast(chat, fresh, ["Hi, my name is Nora.", "What is my name?"]);
  await chat.newConversation();
  const cow = await talkUntilLast(chat, fresh, ["How does a cow sound?", "And a dog?"]);

  for (const [title, conversation] of [
    ["My name is Nora.", nora],
    ["How does a cow sound?", cow],
  ] as const) {
    const before = (await restores(chat)).length;
    await chat.open(title);
    const { tokens, loadedTokens, reusedTokens } = await restored(chat, before);
    // A pointer that rests on the link has all of it restored, and opening it finds the template's tokens in place too.
    expect([conversation.stored, tokens]).toContain(loadedTokens + reusedTokens);
    expect(tokens - conversation.stored).toBeLessThanOrEqual(TEMPLATE_TOKENS);
    expect(await chat.ask(conversation.question)).toBe(conversation.uninterrupted.answer);
    expect((await chat.prefills()).at(-1)?.reusedTokens).toBe(tokens);
    await expectStoredOnce(chat, await saved(chat));
  }
});

test("an answer that is given again is not stored again", async ({ exactChat: chat }) => {
  await chat.ask("Hi, my name is Bella.");
  const answer = await chat.ask(STORY);
  const stored = await saved(chat);
  const bytes = await storedBytes(chat);
  const saves = (await persists(chat)).length;
  expect(await chat.regenerate()).toBe(answer);
  expect((await writtenBytes(chat, saves + 1)).at(-1)).toBe(0);
  await expectStoredOnce(chat, stored);
  expect(await storedBytes(chat)).toBe(bytes);
  await chat.openStorage();
  await expect.poll(() => chat.usedBytes()).toBe(bytes);
  await chat.closeStorage();
});

test("what two conversations begin with is stored once", async ({ exactChat: chat, fresh }) => {
  const one = await talkUntilLast(chat, fresh, [LONG, "What sound does a cow make?"]);
  const address = chat.page.url();
  const bytes = await storedBytes(chat);
  const saves = (await persists(chat)).length;

  await chat.newConversation();
  await chat.ask(LONG);
  const written = await writtenBytes(chat, saves + 1);
  expect(written.at(-1)).toBe(0);
  expect(await storedBytes(chat)).toBe(bytes);
  await chat.ask("What is my name?");
  await expectStoredOnce(chat, await saved(chat));

  await chat.page.goto(address);
  await chat.reload();
  await expectResumed(one);
});
