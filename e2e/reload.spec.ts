import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { STORY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

/** How far the stored part of a growing answer may be behind what is shown. */
const LAG_MS = 1000;

/** Watches the last answer grow for longer than the lag. @returns its text as it was the lag before the end */
function watchGrowing(chat: ChatPage): Promise<string> {
  return chat.answers.last().evaluate(async (answer, lagMs) => {
    const shown = () => answer.querySelector("p")?.innerText ?? "";
    const looks: { atMs: number; text: string }[] = [];
    for (;;) {
      const nowMs = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      looks.push({ atMs: nowMs, text: shown() });
      const past = looks.findLast(({ atMs }) => atMs <= nowMs - lagMs);
      if (past && past.text !== "") return past.text;
    }
  }, LAG_MS);
}

test("a reload in mid-answer loses a second of it at most", async ({ chat }) => {
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  const shown = await watchGrowing(chat);
  await expect(chat.stopButton).toBeVisible();
  await chat.reload();

  await expect(chat.questions).toHaveText([STORY]);
  await expect(chat.answers).toHaveCount(1);
  await expect(chat.answers.last()).toContainText("Interrupted");
  const kept = await chat.answerText();
  expect(kept.startsWith(shown)).toBe(true);

  const whole = await chat.regenerate();
  expect(whole.startsWith(kept)).toBe(true);
  expect(whole.length).toBeGreaterThan(kept.length);
  await expect(chat.answers).toHaveCount(1);
});

test("an interrupted answer can be gone on from", async ({ chat }) => {
  await chat.slowDown(100);
  await chat.ask("Hi, my name is Bella.");
  await chat.beginAnswer(STORY);
  await watchGrowing(chat);
  await chat.reload();

  await expect(chat.answers).toHaveCount(2);
  expect(await chat.ask("What is my name?")).toContain("Bella");
  await expect(chat.answers.nth(1)).toContainText("Interrupted");
});

test("after a reload the conversation is there, and the next answer knows it", async ({ chat }) => {
  await chat.ask("Hi, my name is Bella.");
  const before = await chat.log.innerText();
  await chat.reload();

  await expect(chat.log).toHaveText(before, { useInnerText: true });
  expect(await chat.ask("What is my name?")).toContain("Bella");
  const [load] = await chat.measures("model.load");
  expect(load?.detail.networkBytes).toBe(0);
  const [prefill] = await chat.prefills();
  // The message was sent before the model was there. What was stored is loaded all the same.
  expect(prefill?.reusedTokens).toBeGreaterThan(0);
});

test("what was typed and not sent is there after a reload", async ({ chat }) => {
  await chat.input.fill("Half a sen");
  await chat.reload();
  await expect(chat.input).toHaveValue("Half a sen");

  await chat.send("Hello!");
  await chat.input.fill("To be sent later");
  await chat.reload();
  await expect(chat.input).toHaveValue("To be sent later");
  await chat.newConversation();
  await expect(chat.input).toHaveValue("");
});
