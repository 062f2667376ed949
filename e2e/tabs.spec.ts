import { type BrowserContext, expect, test } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY, STORY } from "./pages/pip.ts";

const ELSEWHERE = "This conversation is open in another tab.";

async function openTab(context: BrowserContext): Promise<ChatPage> {
  const chat = new ChatPage(await context.newPage());
  await chat.goto(GREEDY);
  return chat;
}

/** Another tab that shows what the first one does. */
async function openBeside(first: ChatPage, context: BrowserContext): Promise<ChatPage> {
  const second = new ChatPage(await context.newPage());
  await second.page.goto(first.page.url());
  await expect(second.takeOverButton).toBeVisible();
  return second;
}

/** Both tabs show the same messages. */
async function expectSameThread(one: ChatPage, other: ChatPage): Promise<void> {
  await expect(async () => {
    const [text, sameText] = await Promise.all([one.log.innerText(), other.log.innerText()]);
    expect(text).toBe(sameText);
  }).toPass({ timeout: 10_000 });
}

test("a second tab follows an answer as it is written", async ({ context }) => {
  const first = await openTab(context);
  await first.ready();
  await first.slowDown(60);
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
  await first.slowDown(60);
  await first.beginAnswer(STORY);
  const shown = await first.answerText();
  const second = await openBeside(first, context);
  await second.takeOverButton.click();

  await expect(second.sendButton).toBeVisible();
  await expect(first.takeOverButton).toBeVisible();
  await expect(first.stopButton).toBeHidden();
  await expect(second.answers).toContainText("Stopped");
  expect((await second.answerText()).startsWith(shown)).toBe(true);
  await expectSameThread(first, second);

  await second.ready();
  await second.ask("Hello!");
  await expect(first.questions).toHaveText([STORY, "Hello!"]);
  await expectSameThread(first, second);

  await first.takeOverButton.click();
  await expect(first.sendButton).toBeVisible();
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
  await first.slowDown(60);
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
  await second.takeOverButton.click();
  await expect(second.sendButton).toBeVisible();
  await expect(first.takeOverButton).toBeVisible();
  await second.ready();
  await second.ask("Good morning!");
  await expect(second.questions).toHaveText(["Hello!", "Good morning!"]);
});
