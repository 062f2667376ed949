import { expect, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { recordEngineCalls } from "./pages/engine-calls.ts";
import { GREEDY, STORY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

/** Makes two conversations: "Hello!", with two turns, and "Good morning!", which is open. */
async function openPage(page: Page) {
  const all = await recordEngineCalls(page);
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ready();
  await chat.ask("Hello!");
  const answer = await chat.ask("How are you?");
  await chat.newConversation();
  await chat.ask("Good morning!");
  /** Counts from now on. @returns what the engine was asked for since then */
  const calls = async () => {
    const before = (await all()).length;
    return async () =>
      (await all()).slice(before).map(({ name, messages }) => `${name} ${messages}`);
  };
  return { chat, answer, calls };
}

test("a conversation that is pointed at, focused or pressed by a finger is prefetched, and then opened", async ({
  page,
}) => {
  const { chat, answer, calls } = await openPage(page);
  let asked = await calls();
  await chat.conversation("Hello!").hover();
  await expect.poll(asked).toEqual(["prefetch 4"]);
  await expect(chat.questions).toHaveText(["Good morning!"]);
  await chat.open("Hello!");
  await expect.poll(asked).toEqual(["prefetch 4", "open 4"]);
  expect(await chat.answerText()).toBe(answer);
  await chat.conversation("Hello!").hover();
  // This is longer than a pointer has to rest on a conversation.
  await page.waitForTimeout(300);
  // The list is sorted anew by the question, which puts another conversation where the pointer is.
  await chat.input.hover();
  await chat.ask("Good night!");
  expect(await asked()).toEqual(["prefetch 4", "open 4", "generate 5"]);

  const link = chat.conversation("Good morning!");
  await test.step("nothing is prefetched while an answer is written", async () => {
    asked = await calls();
    await chat.slowDown(100);
    await chat.beginAnswer(STORY);
    await link.hover();
    // This is longer than a pointer has to rest on a conversation.
    await page.waitForTimeout(300);
    await chat.stop();
    await chat.slowDown(0);
    expect(await asked()).toEqual(["generate 7"]);
  });

  await chat.input.hover();
  asked = await calls();
  await link.focus();
  await expect.poll(asked).toEqual(["prefetch 2"]);
  await chat.input.focus();
  await link.dispatchEvent("pointerdown", { pointerType: "touch" });
  await expect.poll(asked).toEqual(["prefetch 2", "prefetch 2"]);
});
