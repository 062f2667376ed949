import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { endWorker } from "./pages/end-worker.ts";
import { conversationId, saved } from "./pages/kv-chat.ts";
import { EXACT, GREEDY, STORY } from "./pages/pip.ts";
import { MEASURING } from "./pages/servers.ts";
import { test } from "./pages/test.ts";

const button = (chat: ChatPage, name: string) =>
  chat.page.getByRole("button", { name, exact: true });
const continueButton = (chat: ChatPage) => button(chat, "Continue");
const queueButton = (chat: ChatPage) => button(chat, "Send when the model is free");
const queued = (chat: ChatPage) => chat.page.getByRole("region", { name: "Queued messages" });

async function answered(chat: ChatPage): Promise<void> {
  await expect(chat.stopButton).toBeHidden({ timeout: 30_000 });
  await expect(chat.answers.last()).toHaveAttribute("aria-busy", "false");
}

test("a message is copied as it was written, and that is said without moving anything", async ({
  chat,
}) => {
  await chat.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await chat.ask("Hello!");
  const copy = button(chat, "Copy");
  const copied = chat.log.getByRole("status").filter({ hasText: "Copied" });
  for (const [index, message] of [chat.questions, chat.answers].entries()) {
    const before = await message.boundingBox();
    await copy.nth(index).click();
    await expect(copied.first()).toBeAttached();
    expect(await message.boundingBox()).toEqual(before);
    const text = await chat.page.evaluate(() => navigator.clipboard.readText());
    expect(text).toBe(await message.innerText());
    await expect(copied).toHaveCount(0);
  }
});

test("a fork is a conversation of its own, whose next answer runs only the new turn", async ({
  exactChat: chat,
}) => {
  await chat.ask("Hi, my name is Lucy.");
  await chat.ask("What can you do?");
  await saved(chat);
  const origin = conversationId(chat);
  // The first answer is the second message.
  await button(chat, "Fork into a new conversation").nth(1).click();
  await expect(chat.questions).toHaveText(["Hi, my name is Lucy."]);
  await expect(chat.answers).toHaveCount(1);
  expect(conversationId(chat)).not.toBe(origin);
  const entry = (title: RegExp) => chat.conversations.getByRole("link", { name: title });
  await expect(entry(/Lucy\. \(fork\)$/)).toHaveAttribute("aria-current", "page");
  await expect(chat.input).toBeFocused();
  expect(await chat.ask("What is my name?")).toContain("Lucy");
  const { promptTokens = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
  expect(prefilledTokens).toBeLessThan(promptTokens / 2);

  await entry(/Lucy\.$/).click();
  await expect(chat.questions).toHaveText(["Hi, my name is Lucy.", "What can you do?"]);
});

test("an answer that was stopped goes on from there, as if it never had been, also after a reload", async ({
  exactChat: chat,
}) => {
  const whole = await chat.ask(STORY);
  for (const isReloaded of [false, true]) {
    await chat.newConversation();
    await chat.slowDown(100);
    await chat.beginAnswer(STORY);
    await chat.stop();
    await chat.slowDown(0);
    const kept = await chat.answerText();
    expect(kept.length).toBeLessThan(whole.length);
    if (isReloaded) {
      await saved(chat);
      await chat.reload();
      await chat.ready();
    }
    await continueButton(chat).click();
    await expect(chat.answers).not.toContainText("Stopped");
    await answered(chat);
    expect(await chat.answers.innerText()).toBe(whole);
    await expect(continueButton(chat)).toHaveCount(0);
    // The last token is run again for what follows it, and after a reload the template's end of a message may be.
    expect((await chat.prefills()).at(-1)?.prefilledTokens).toBeLessThanOrEqual(2);
  }
});

test("an answer that a reload interrupted goes on from what was stored of it", async ({
  exactChat: chat,
}) => {
  const whole = await chat.ask(STORY);
  await chat.newConversation();
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  // What is stored is never more than a second behind.
  await expect(chat.answers).toHaveText(/(\S+ ){12}/, { timeout: 30_000 });
  await chat.reload();
  await expect(chat.answers).toContainText("Interrupted");
  const kept = await chat.answerText();
  await chat.ready();
  await continueButton(chat).click();
  await expect(chat.answers).not.toContainText("Interrupted");
  await answered(chat);
  expect(whole.startsWith(kept)).toBe(true);
  expect(await chat.answerText()).toBe(whole.split("\n")[0]);
});

test("an answer ends at the limit of tokens, is said to, and goes on", async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto(`${MEASURING.url}/${EXACT}&maxTokens=60`);
  await chat.ready();
  await chat.ask(STORY);
  await expect(chat.answers).toContainText("Cut off at the length limit");
  const kept = await chat.answerText();
  await continueButton(chat).click();
  await expect(chat.answers).not.toContainText("length limit");
  await answered(chat);
  const text = await chat.answerText();
  expect(text.startsWith(kept)).toBe(true);
  expect(text.length).toBeGreaterThan(kept.length);
});

test("what is sent while an answer runs waits above the text field, and is sent after it", async ({
  chat,
}) => {
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  await chat.input.fill("Hello!");
  await chat.input.press("Enter");
  await expect(chat.input).toHaveValue("");
  await chat.input.fill("Never sent");
  await queueButton(chat).click();
  await expect(queued(chat).getByRole("listitem")).toHaveText(["Hello!", "Never sent"]);
  // One goes back into the text field, and is thrown away.
  await queued(chat).getByRole("button", { name: "Edit queued message" }).last().click();
  await expect(chat.input).toHaveValue("Never sent");
  await expect(chat.input).toBeFocused();
  await chat.input.fill("");
  await expect(queued(chat).getByRole("listitem")).toHaveText(["Hello!"]);
  await chat.slowDown(0);
  await expect(chat.questions).toHaveText([STORY, "Hello!"], { timeout: 30_000 });
  await expect(queued(chat)).toHaveCount(0);
  await answered(chat);
  await expect(chat.answers).toHaveCount(2);
});

test("after Stop what was queued waits for the person, and with its files it is still there after a reload", async ({
  chat,
}) => {
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  await chat.input.fill("Hello!");
  await chat.page.getByLabel("Files to attach").setInputFiles({
    name: "queued.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("milk, bread"),
  });
  await expect(chat.page.getByRole("list", { name: "Attached files" })).toBeVisible();
  await queueButton(chat).click();
  await expect(queued(chat)).toContainText("queued.txt");
  await expect(chat.page.getByRole("list", { name: "Attached files" })).toHaveCount(0);
  await chat.stop();
  await chat.slowDown(0);
  await expect(queued(chat)).toContainText("Not sent yet");
  await chat.reload();
  await chat.ready();
  await expect(queued(chat).getByRole("listitem")).toHaveText([/^Hello!\s*queued\.txt$/]);
  await expect(chat.questions).toHaveText([STORY]);
  await button(chat, "Send now").click();
  await expect(chat.questions).toHaveText([STORY, /queued\.txt.*Hello!$/]);
  await expect(queued(chat)).toHaveCount(0);
  await answered(chat);
});

test("a message in another conversation waits until the model is free", async ({ chat }) => {
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  await chat.newConversation();
  await chat.input.fill("Good morning!");
  await queueButton(chat).click();
  await expect(queued(chat).getByRole("listitem")).toHaveText(["Good morning!"]);
  await chat.slowDown(0);
  await expect(chat.questions).toHaveText(["Good morning!"], { timeout: 30_000 });
  await answered(chat);
  await expect(chat.answers).toHaveCount(1);
});

test("a reply that failed is tried again where it stands", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ready();
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  await endWorker(chat, "engine");
  await expect(chat.answers).toContainText("Not finished");
  await chat.page.getByRole("button", { name: "Try again" }).first().click();
  await expect(chat.answers).not.toContainText("Not finished");
  await answered(chat);
  await expect(chat.answers).toHaveCount(1);
});
