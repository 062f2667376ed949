import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { endWorker } from "./pages/end-worker.ts";
import { GREEDY, STORY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

test("the engine's death in mid-answer is said, and the next message has a new one", async ({
  page,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ask("Hi, my name is Bella.");
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  const shown = await chat.answerText();
  await endWorker(chat, "engine");

  await expect(chat.alert).toHaveCount(1);
  await expect(chat.alert).toContainText("runs the model has crashed");
  await expect(chat.retryButton).toBeVisible();
  await expect(chat.answers.last()).toContainText("Not finished");
  const kept = await chat.answerText();
  expect(kept.startsWith(shown)).toBe(true);

  expect(await chat.ask("What is my name?")).toContain("Bella");
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.status).toHaveText(/^Ready/);
  const loads = await chat.measures("model.load");
  expect(loads.map(({ detail }) => detail.networkBytes > 0)).toEqual([true, false]);
  expect(await chat.answerText(chat.answers.nth(1))).toBe(kept);
});

test("the engine's death is repaired by trying again, the store's by itself", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ask("Hi, my name is Bella.");
  await endWorker(chat, "engine");
  await expect(chat.alert).toContainText("runs the model has crashed");
  await chat.retryButton.click();
  await chat.ready();
  await expect(chat.alert).toHaveCount(0);

  await endWorker(chat, "store");
  expect(await chat.ask("What is my name?")).toContain("Bella");
  await expect(chat.alert).toHaveCount(0);
  await chat.reload();
  await expect(chat.questions).toHaveText(["Hi, my name is Bella.", "What is my name?"]);
  await expect(chat.answers).toHaveText([/Bella/, /Bella/]);
});
