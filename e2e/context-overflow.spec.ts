import { expect } from "@playwright/test";
import type { MeasureDetails } from "../src/protocol/measures.ts";
import type { MessageRecord } from "../src/protocol/store-api.ts";
import type { ChatPage } from "./pages/chat-page.ts";
import { restored } from "./pages/kv-chat.ts";
import { storeText } from "./pages/stored-records.ts";
import { test } from "./pages/test.ts";

test.describe.configure({ timeout: 180_000 });

/** 13 of Pip's tokens each. */
const sentences = (count: number, who = "baker"): string =>
  `The old ${who} walked to the river with a basket of bread. `.repeat(count).trim();

/** Most of Pip's context of 2,048 tokens, of which an eighth is left for a reply. */
const FIRST = sentences(95);
/** Begins unlike the first: what it begins with could otherwise stay where it was. */
const SECOND = sentences(15, "teacher");
/** What no longer fits in with both. */
const MORE = sentences(28);
/** Below the cut, besides the answer. */
const KEPT = [SECOND, "He went home.", MORE];
const TOO_LONG = sentences(160);

const NOTE = "Answered from memory made while the older messages were still in view";

/** A conversation of two turns, as another visit has left it. */
async function openLongConversation(chat: ChatPage): Promise<void> {
  const texts = [FIRST, "He was a good baker.", SECOND, "He went home."];
  const messages = texts.map((text, i): MessageRecord => ({
    id: `m${i}`,
    conversationId: "long",
    parentId: i === 0 ? null : `m${i - 1}`,
    role: i % 2 === 0 ? "user" : "assistant",
    text,
    status: "complete",
    createdAtMs: i + 1,
  }));
  const times = { createdAtMs: 1, updatedAtMs: messages.length };
  const conversation = { id: "long", title: "The old baker", headId: "m3", ...times };
  await storeText(chat.page, { conversation, messages });
  await chat.page.evaluate(() => (location.hash = "#/c/long"));
  await expect(chat.questions).toHaveText([FIRST, SECOND]);
  // A question would not wait for it: then nothing were computed with all the messages in view.
  await restored(chat);
}

/** The texts of the log's parts below the notice, which is there once. */
async function belowTheCut(chat: ChatPage): Promise<string[]> {
  await expect(chat.cutNotice).toHaveText(
    "The model no longer sees what is above: the conversation is longer than its context of 2,048 tokens.",
  );
  return chat.cutNotice.evaluate((notice) => {
    const texts = [];
    for (let next = notice.nextElementSibling; next; next = next.nextElementSibling)
      texts.push(next.querySelector("p")?.innerText ?? "");
    return texts;
  });
}

async function lastPrefill(chat: ChatPage): Promise<MeasureDetails["chat.prefill"]> {
  const prefill = (await chat.prefills()).at(-1);
  if (!prefill) throw new Error("nothing was answered");
  return prefill;
}

test("a conversation longer than the context goes on, and shows where it was cut", async ({
  chat,
}) => {
  await openLongConversation(chat);
  await expect(chat.cutNotice).toHaveCount(0);

  expect(await chat.ask(MORE)).toContain(NOTE);
  expect(await belowTheCut(chat)).toEqual([...KEPT, await chat.answerText()]);
  const remembered = await lastPrefill(chat);
  expect(remembered.reusedTokens).toBeGreaterThan(200);

  expect(await chat.answerExactly()).not.toContain(NOTE);
  await expect(chat.answers).toHaveCount(3);
  await expect(chat.answerExactlyButton).toHaveCount(0);
  const below = [...KEPT, await chat.answerText()];
  expect(await belowTheCut(chat)).toEqual(below);
  const exact = await lastPrefill(chat);
  expect(exact.promptTokens).toBe(remembered.promptTokens);
  expect(exact.reusedTokens).toBeLessThan(20);

  await chat.reload();
  await chat.ready();
  expect(await belowTheCut(chat)).toEqual(below);
  await expect(chat.answers.last()).not.toContainText(NOTE);
});

test("a message longer than the context is refused, and the conversation goes on", async ({
  chat,
}) => {
  await chat.ask("My lucky number is 7.");
  await chat.send(TOO_LONG);
  await expect(chat.alert).toHaveText(/^This message is too long/);
  await expect(chat.cutNotice).toHaveCount(0);

  expect(await chat.ask("Hello!")).not.toContain(NOTE);
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.questions).toHaveText(["My lucky number is 7.", TOO_LONG, "Hello!"]);
  expect(await belowTheCut(chat)).toEqual(["Hello!", await chat.answerText()]);
});
