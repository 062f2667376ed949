import { expect, type Locator } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { conversationId, restored, restores, saved } from "./pages/kv-chat.ts";
import { STORY } from "./pages/pip.ts";
import { storedText } from "./pages/stored-records.ts";
import { test } from "./pages/test.ts";

const opener = (chat: ChatPage) => chat.page.getByRole("button", { name: "Conversation settings" });
const dialogOf = (chat: ChatPage) =>
  chat.page.getByRole("dialog", { name: "Conversation settings" });

async function openSettings(chat: ChatPage): Promise<Locator> {
  await opener(chat).click();
  const dialog = dialogOf(chat);
  await expect(dialog.getByRole("textbox", { name: "System prompt" })).toBeVisible();
  return dialog;
}

async function save(dialog: Locator): Promise<void> {
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
}

/** Longer than a chunk, so that its rows are stored. */
const LONG_PROMPT = "You are a kind old baker who tells stories of bread and of the river. ".repeat(
  12,
);

test("a system prompt is read before everything else, says what it costs, and is found again when it comes back", async ({
  exactChat: chat,
}) => {
  await chat.ask("Hello!");
  const { promptTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
  await saved(chat);

  const dialog = await openSettings(chat);
  await expect(dialog.getByRole("status")).toHaveText("Nothing has to be read again.");
  const before = (await restores(chat)).length;
  await dialog.getByRole("textbox", { name: "System prompt" }).fill(LONG_PROMPT);
  await expect(dialog.getByRole("status")).toHaveText(/^About \d+ tokens will be read again/);
  await save(dialog);
  // All of it is another prefix, and is computed at once.
  const first = await restored(chat, before);
  expect(first.tokens).toBeGreaterThan(promptTokens + 128);
  expect(first.recomputedTokens).toBeGreaterThan(128);
  await chat.ask("What is my name?");
  const told = (await chat.prefills()).at(-1);
  expect(told?.promptTokens).toBeGreaterThan(first.tokens);
  expect(told?.prefilledTokens).toBeLessThan(64);
  await saved(chat);

  // Another prompt, and back: its rows are found by what they were computed from.
  const taken = await openSettings(chat);
  await taken.getByRole("textbox", { name: "System prompt" }).fill("");
  await save(taken);
  const kept = async () => (await storedText(chat.page, conversationId(chat)))?.conversation;
  await expect.poll(async () => (await kept())?.settings?.systemPrompt).toBeUndefined();
  await chat.reload();
  await chat.ready();
  const known = (await restores(chat)).length;
  const again = await openSettings(chat);
  await again.getByRole("textbox", { name: "System prompt" }).fill(LONG_PROMPT);
  await save(again);
  const back = await restored(chat, known);
  expect(back.loadedTokens).toBeGreaterThanOrEqual(128);
  await chat.ask("And who are you?");
  const { promptTokens: all = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
  expect(prefilledTokens).toBeLessThan(all / 2);
});

test("settings are kept with their conversation, and a draft's across a reload; new ones begin as the defaults say", async ({
  chat,
}) => {
  const complaints = complaintsOf(chat.page);
  const dialog = await openSettings(chat);
  await dialog.getByRole("combobox", { name: "Ready system prompts" }).selectOption("Tutor");
  await dialog.getByText("Precise", { exact: true }).click();
  await expect(dialog.getByRole("slider", { name: "Temperature" })).toHaveValue("0.2");
  await dialog.getByRole("spinbutton", { name: "Longest answer in tokens" }).fill("7");
  await save(dialog);

  await chat.reload();
  await chat.ready();
  await chat.ask("Hello!");
  const text = await storedText(chat.page, conversationId(chat));
  expect(text?.conversation.settings).toMatchObject({
    systemPrompt: expect.stringContaining("patient tutor"),
    temperature: 0.2,
    maxTokens: 7,
  });
  const [decode] = (await chat.measures("chat.decode")).slice(-1);
  expect(decode?.detail.generatedTokens).toBeLessThanOrEqual(7);

  await chat.newConversation();
  const fresh = await openSettings(chat);
  await expect(fresh.getByRole("textbox", { name: "System prompt" })).toHaveValue("");
  await fresh.getByRole("button", { name: "Cancel" }).click();

  await chat.openStorage();
  await chat.storage.getByRole("tab", { name: "Conversations" }).click();
  await chat.storage.getByRole("textbox", { name: "System prompt" }).fill("Be brief.");
  await chat.closeStorage();
  await chat.ask("Good morning!");
  const later = await storedText(chat.page, conversationId(chat));
  expect(later?.conversation.settings).toEqual({ systemPrompt: "Be brief." });
  await chat.openStorage();
  await chat.storage.getByRole("tab", { name: "Conversations" }).click();
  await chat.storage.getByRole("textbox", { name: "System prompt" }).fill("");
  await chat.closeStorage();
  expect(complaints).toEqual([]);
});

test("titles can be kept out of the browser's tab", async ({ chat }) => {
  await chat.ask("Hello!");
  await expect(chat.page).toHaveTitle("Hello! – Rekindle");
  const choose = async () => {
    await chat.openStorage();
    await chat.storage.getByRole("tab", { name: "Conversations" }).click();
    await chat.storage.getByRole("switch", { name: /^Show titles/ }).click();
    await chat.closeStorage();
  };
  await choose();
  await expect(chat.page).toHaveTitle("Rekindle");
  await chat.reload();
  await expect(chat.questions).toHaveText(["Hello!"]);
  await expect(chat.page).toHaveTitle("Rekindle");
  await choose();
  await expect(chat.page).toHaveTitle("Hello! – Rekindle");
});

test("the gauge says how full the context is, what left the view, and shows where", async ({
  chat,
}) => {
  const gauge = chat.page.getByRole("button", { name: /^Context: [\d,]+ of 2,048 tokens$/ });
  await chat.ask("Hello!");
  await expect(gauge).toBeVisible();
  // While an answer is written, it grows.
  const tokens = async () => parseInt((await gauge.getAttribute("aria-label"))?.slice(9) ?? "");
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  const begun = await tokens();
  await expect.poll(tokens).toBeGreaterThan(begun + 4);
  await chat.stop();
  await chat.slowDown(0);
  const sentences = "The old baker walked to the river with a basket of bread. ";
  for (const count of [75, 60]) await chat.ask(sentences.repeat(count).trim());
  await expect(chat.cutNotice).toBeVisible();
  await gauge.click();
  const popover = chat.page.getByRole("dialog", { name: "Context" });
  await expect(popover).toContainText("messages have left the model's view.");
  await popover.getByRole("button", { name: "Show where" }).click();
  await expect(chat.cutNotice).toBeFocused();
  await expect(chat.cutNotice).toBeInViewport();
});
