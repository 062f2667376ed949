import { expect } from "@playwright/test";
import type { MeasureDetails } from "../src/protocol/measures.ts";
import type { ChatPage } from "./pages/chat-page.ts";
import { test } from "./pages/test.ts";

test.describe.configure({ timeout: 180_000 });

/** Sentences of 13 of Pip's tokens each. */
const sentences = (count: number, who = "baker"): string =>
  `The old ${who} walked to the river with a basket of bread. `.repeat(count).trim();

/** A message that fills most of Pip's context of 2,048 tokens. An eighth of the context is left for a reply. */
const FIRST = sentences(105);
/** A message that begins unlike the first. Otherwise the rows of the common beginning could stay where they were. */
const SECOND = sentences(15, "teacher");
/** A message that no longer fits in with both of them. */
const MORE = sentences(28);
const TOO_LONG = sentences(160);

const NOTE = "Answered from memory made while the older messages were still in view";

/** The texts of the log's parts below the notice. The notice has to be there once. */
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

/** Sends a message. @returns the message and the answer */
async function exchange(chat: ChatPage, message: string): Promise<[string, string]> {
  await chat.ask(message);
  return [message, await chat.answerText()];
}

test("a conversation of 1,500 tokens goes on, each turn running its own tokens only, until it is longer than the context and shows where it was cut", async ({
  chat,
}) => {
  const before = (await chat.prefills()).length;
  await chat.slowDown(300);
  await chat.send(FIRST);
  await chat.stop();
  await expect(chat.answers).toHaveText("Stopped");
  expect(await chat.prefills()).toHaveLength(before);

  await chat.slowDown(0);
  expect(await chat.regenerate()).not.toBe("");
  const kept: string[] = await exchange(chat, SECOND);
  for (const message of ["What is my name?", "Hello!"])
    kept.push(...(await exchange(chat, message)));
  await expect(chat.answers).toHaveCount(4);
  const [, second, ...next] = (await chat.prefills()).slice(before);
  expect(second?.promptTokens).toBeGreaterThan(1500);
  expect(next.map(({ prefilledTokens }) => prefilledTokens < 20)).toEqual([true, true]);
  expect(next.map(({ reusedTokens }) => reusedTokens > 1500)).toEqual([true, true]);
  await expect(chat.cutNotice).toHaveCount(0);

  expect(await chat.ask(MORE)).toContain(NOTE);
  expect(await belowTheCut(chat)).toEqual([...kept, MORE, await chat.answerText()]);
  const remembered = await lastPrefill(chat);
  expect(remembered.reusedTokens).toBeGreaterThan(200);

  expect(await chat.answerExactly()).not.toContain(NOTE);
  await expect(chat.answers).toHaveCount(5);
  await expect(chat.answerExactlyButton).toHaveCount(0);
  const below = [...kept, MORE, await chat.answerText()];
  expect(await belowTheCut(chat)).toEqual(below);
  const exact = await lastPrefill(chat);
  expect(exact.promptTokens).toBe(remembered.promptTokens);
  expect(exact.reusedTokens).toBeLessThan(20);

  await chat.reload();
  await chat.ready();
  expect(await belowTheCut(chat)).toEqual(below);
  await expect(chat.answers.last()).not.toContainText(NOTE);
});

/** Sends a message that comes back into the text field. */
async function sendTooLong(chat: ChatPage): Promise<void> {
  await chat.input.fill(TOO_LONG);
  await chat.sendButton.click();
  await expect(chat.alert).toHaveText(
    /^This message is too long: it has \d,\d{3} tokens, and the model reads at most 2,048 at once/,
  );
  await expect(chat.input).toHaveValue(TOO_LONG);
  await expect(chat.questions.filter({ hasText: "The old" })).toHaveCount(0);
}

test("a message longer than the context goes back into the text field, and the conversation goes on", async ({
  chat,
}) => {
  await chat.ask("My lucky number is 7.");
  await sendTooLong(chat);
  await expect(chat.cutNotice).toHaveCount(0);
  await chat.reload();
  await expect(chat.input).toHaveValue(TOO_LONG);
  await expect(chat.questions).toHaveText(["My lucky number is 7."]);
  await chat.ready();

  expect(await chat.ask("Hello!")).not.toContain(NOTE);
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.questions).toHaveText(["My lucky number is 7.", "Hello!"]);
});

test("a message longer than the context is refused before anything is run", async ({ chat }) => {
  const before = (await chat.prefills()).length;
  await sendTooLong(chat);
  await expect(chat.retryButton).toHaveCount(0);
  expect(await chat.prefills()).toHaveLength(before);

  await chat.newConversation();
  await expect(chat.alert).toHaveCount(0);
  await chat.ask("Hello!");
});
