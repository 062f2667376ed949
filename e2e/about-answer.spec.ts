import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { saved } from "./pages/kv-chat.ts";
import { test } from "./pages/test.ts";

/** What the last answer says about itself, on demand. */
async function aboutLastAnswer(chat: ChatPage): Promise<string> {
  const summary = chat.answers.last().getByLabel("About this answer");
  await summary.click();
  const facts = chat.answers.last().getByRole("definition");
  await expect(facts.first()).toBeVisible();
  return (await facts.allInnerTexts()).join("\n");
}

test("an answer says what was resumed for it and what it took, and still does after a reload", async ({
  exactChat: chat,
}) => {
  await chat.ask("Hi, my name is Bella.");
  expect(await aboutLastAnswer(chat)).toMatch(/All \d+ tokens were read[^]*tokens\/s/);
  await chat.ask("What is my name?");
  expect(await aboutLastAnswer(chat)).toMatch(/\d+ of \d+ tokens were in place, \d+ were read/);
  await saved(chat);

  await chat.reload();
  await chat.ready();
  await chat.ask("And what is your name?");
  const told = await aboutLastAnswer(chat);
  expect(told).toMatch(/\d+ tokens in [\d.]+ m?s; reading them again: [\d.]+ m?s/);
  const { promptTokens, prefilledTokens } = (await chat.prefills()).at(-1) ?? {};
  expect(told).toContain(`of ${promptTokens} tokens were in place, ${prefilledTokens} were read`);

  await chat.reload();
  await expect(chat.answers).toHaveCount(3);
  expect(await aboutLastAnswer(chat)).toBe(told);
});
