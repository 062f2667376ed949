import { expect } from "@playwright/test";
import { test } from "./pages/test.ts";

/** 13 of Pip's tokens. */
const SENTENCE = "The old baker walked to the river with a basket of bread. ";
/** Of Pip's context of 2,048 tokens three quarters, and twice. */
const LONG = SENTENCE.repeat(115).trim();
const TOO_LONG = SENTENCE.repeat(315).trim();

test("a message longer than the context is refused before anything is run", async ({ chat }) => {
  const before = (await chat.prefills()).length;
  await chat.send(TOO_LONG);
  await expect(chat.alert).toHaveText(
    /^This message is too long: the model reads at most 2,048 tokens at once\. Send a shorter/,
  );
  await expect(chat.retryButton).toHaveCount(0);
  await expect(chat.questions).toHaveText([TOO_LONG]);
  expect(await chat.prefills()).toHaveLength(before);

  await chat.newConversation();
  await expect(chat.alert).toHaveCount(0);
  await chat.ask("Hello!");
});

test("a conversation of 1,500 tokens goes on, each turn running its own tokens only", async ({
  chat,
}) => {
  const before = (await chat.prefills()).length;
  await chat.slowDown(300);
  await chat.send(LONG);
  await chat.stop();
  await expect(chat.answers).toHaveText("Stopped");
  expect(await chat.prefills()).toHaveLength(before);

  await chat.slowDown(0);
  expect(await chat.regenerate()).not.toBe("");
  await chat.ask("What is my name?");
  await chat.ask("Hello!");
  await expect(chat.answers).toHaveCount(3);

  const [first, ...next] = (await chat.prefills()).slice(before);
  expect(first?.promptTokens).toBeGreaterThan(1500);
  expect(next.map(({ prefilledTokens }) => prefilledTokens < 20)).toEqual([true, true]);
  expect(next.map(({ reusedTokens }) => reusedTokens > 1500)).toEqual([true, true]);
});
