import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { STORY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

test("the next turn runs only its own tokens", async ({ chat }) => {
  await chat.ask("Hello!");
  await chat.ask("What can you do?");

  const [first, second] = (await chat.prefills()).slice(-2);
  const generated = (await chat.measures("chat.decode")).at(-2)?.detail.generatedTokens;
  if (!first || !second || generated === undefined) throw new Error("two turns were measured");
  expect(second.conversationId).toBe(first.conversationId);
  expect(second.reusedTokens).toBe(first.promptTokens + generated);
  expect(second.prefilledTokens).toBe(second.promptTokens - first.promptTokens - generated);
});

for (const [how, stop] of [
  ["Escape", (chat: ChatPage) => chat.page.keyboard.press("Escape")],
  [
    "Escape with the focus in the thread",
    async (chat: ChatPage) => {
      await chat.answers.last().click();
      await chat.page.keyboard.press("Escape");
    },
  ],
  ["the button", (chat: ChatPage) => chat.stopButton.click()],
] as const)
  test(`${how} ends an answer, which keeps its text and is gone on from`, async ({ chat }) => {
    await chat.slowDown(100);
    await chat.beginAnswer(STORY);
    const shown = await chat.answerText();
    await stop(chat);

    await expect(chat.stopButton).toBeHidden();
    await expect(chat.sendButton).toBeVisible();
    await expect(chat.answers.last()).toContainText("Stopped");
    const kept = await chat.answerText();
    expect(kept.startsWith(shown)).toBe(true);
    await expect(chat.input).toBeFocused();

    await chat.slowDown(0);
    await chat.ask("What is my name?");
    await expect(chat.answers).toHaveCount(2);
    expect(await chat.answerText(chat.answers.first())).toBe(kept);
    const [stopped, next] = (await chat.prefills()).slice(-2);
    const ran = (await chat.measures("chat.decode")).at(-2)?.detail.generatedTokens ?? NaN;
    expect(next?.reusedTokens).toBe((stopped?.promptTokens ?? NaN) + ran);
  });

test("a stopped answer, asked for again, is the whole one", async ({ chat }) => {
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  await chat.stop();
  const kept = await chat.answerText();

  await chat.slowDown(0);
  const whole = await chat.regenerate();
  expect(whole.startsWith(kept)).toBe(true);
  expect(whole.length).toBeGreaterThan(kept.length);
  await expect(chat.answers).toHaveCount(1);
});

test("another answer takes the place of the old one, for one token", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto("?temperature=1.5");
  const old = await chat.ask(STORY);
  const other = await chat.regenerate();

  expect(other).not.toBe("");
  expect(other).not.toBe(old);
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.questions).toHaveCount(1);
  const [first, second] = await chat.prefills();
  expect(second?.promptTokens).toBe(first?.promptTokens);
  expect(second?.prefilledTokens).toBe(1);

  await chat.reload();
  await expect(chat.answers).toHaveText([other]);
});
