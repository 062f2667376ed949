import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { SHIPPED } from "./pages/servers.ts";
import { PLAIN_PAGE } from "./pages/stored-records.ts";
import { test } from "./pages/test.ts";

test("all conversations are exported into a file, and come back from it when they are gone", async ({
  chat,
}) => {
  const answer = await chat.ask("Hi, my name is Lucy.");
  await chat.openSettings("Your data");
  await expect(chat.storage).toContainText(/not exported yet|last export was on/);
  const saving = chat.page.waitForEvent("download");
  await chat.storage.getByRole("button", { name: "Export all conversations" }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toMatch(/^rekindle-\d{4}-\d\d-\d\d\.json$/);
  const text = await readFile(await file.path(), "utf8");
  expect(text).toContain("Hi, my name is Lucy.");
  await expect(chat.storage).toContainText("The last export was on");
  await chat.closeStorage();
  await chat.delete("My name is Lucy.");
  await expect(chat.conversation("My name is Lucy.")).toHaveCount(0);

  await chat.openSettings("Your data");
  const input = chat.storage.locator("input[type=file][accept*=json]");
  const named = { name: "conversations.json", mimeType: "application/json" };
  await input.setInputFiles({ ...named, buffer: Buffer.from('{"title":"not ours"}') });
  await expect(chat.storage).toContainText("holds no conversations that this page can read");
  await input.setInputFiles({ ...named, buffer: Buffer.from(text) });
  await expect(chat.storage).toContainText(/conversations? (was|were) added/);
  await chat.closeStorage();
  await chat.open("My name is Lucy.");
  await expect(chat.answers).toContainText(answer);
  expect(await chat.ask("What is my name?")).toContain("Lucy");
});

/** As ChatGPT exports conversations; the second one is none. */
const CHATGPT = [
  {
    title: "Capital of France",
    create_time: 1_700_000_000,
    current_node: "b",
    mapping: {
      a: { parent: null, message: said("user", "Where is the Seine?", 1_700_000_001) },
      b: { parent: "a", message: said("assistant", "In **Paris**:\n\n```\nSeine\n```") },
    },
  },
  { title: "Not readable" },
];

function said(role: string, text: string, create_time = 1_700_000_002) {
  return { author: { role }, create_time, content: { content_type: "text", parts: [text] } };
}

/** As llama.cpp's web UI exports a conversation. */
const LLAMA = [
  { type: "session", id: "c", name: "Tides", lastModified: 1_700_000_003_000, currNode: "n" },
  {
    type: "message",
    message: { id: "m", role: "user", content: "Why tides?", timestamp: 1, parent: null },
  },
  {
    type: "message",
    message: { id: "n", role: "assistant", content: "The moon.", timestamp: 2, parent: "m" },
  },
];

/** What a press of a button has the browser save. */
async function savedBy(chat: ChatPage, button: string): Promise<{ name: string; text: string }> {
  const saving = chat.page.waitForEvent("download");
  await chat.storage.getByRole("button", { name: button, exact: true }).click();
  const file = await saving;
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
}

test("without a graphics card, a model or an engine, conversations of other programs are imported, and exported", async ({
  browser,
}) => {
  const context = await browser.newContext({
    baseURL: SHIPPED.url,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, "gpu", { value: undefined });
  });
  await page.route(/engine\.worker|\/models\//, (route) => route.abort());
  const chat = new ChatPage(page);
  await chat.goto();
  await expect(chat.alert.first()).toBeVisible();
  await chat.openSettings("Your data");
  const input = chat.storage.locator("input[type=file][accept*=json]");
  const file = { name: "conversations.json", mimeType: "application/json" };
  await input.setInputFiles({ ...file, buffer: Buffer.from(JSON.stringify(CHATGPT)) });
  await expect(chat.storage).toContainText("1 conversation was added.");
  await expect(chat.storage).toContainText("1 of 2 conversations could not be read.");
  const lines = LLAMA.map((line) => JSON.stringify(line)).join("\n");
  await input.setInputFiles({ ...file, name: "c.jsonl", buffer: Buffer.from(lines) });
  await expect(chat.storage).not.toContainText("could not be read");
  const one = chat.storage.getByRole("combobox", { name: "Conversation to export" });
  await expect(one).toContainText("Tides");

  const all = await savedBy(chat, "Export all as Markdown");
  expect(all.name).toMatch(/^rekindle-\d{4}-\d\d-\d\d\.md$/);
  expect(all.text).toContain("# Tides");
  expect(all.text).toContain("In **Paris**:\n\n```\nSeine\n```");
  await one.selectOption("Capital of France");
  const json = await savedBy(chat, "Export as JSON");
  expect(json.name).toBe("Capital of France.json");
  expect(JSON.parse(json.text)).toMatchObject({
    conversations: [{ conversation: { title: "Capital of France" }, messages: [{}, {}] }],
  });
  expect((await savedBy(chat, "Export as Markdown")).text).toMatch(/^# Capital of France\n/);
  await chat.storage.getByRole("button", { name: "Copy as Markdown" }).click();
  await expect(chat.storage).toContainText("The conversation was copied.");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain("## You\n\n");
  expect(copied).not.toContain("Tides");

  await chat.closeStorage();
  await chat.chooseFor("Tides", "Copy as Markdown");
  await expect(page.getByText("The conversation was copied.").first()).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^# Tides\n/);
  const saving = page.waitForEvent("download");
  await chat.chooseFor("Tides", "Export as JSON");
  expect((await saving).suggestedFilename()).toBe("Tides.json");
  await context.close();
});

test("an older build exports what a newer one has stored", async ({ browser }) => {
  const context = await browser.newContext({ baseURL: SHIPPED.url });
  const page = await context.newPage();
  await page.goto(PLAIN_PAGE);
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const opening = indexedDB.open("rekindle", 1000);
        opening.onupgradeneeded = () => {
          const conversations = opening.result.createObjectStore("conversations", {
            keyPath: "id",
          });
          conversations.put({ id: "c", title: "Of the future", updatedAtMs: 1, headId: "m" });
          const messages = opening.result.createObjectStore("messages", { keyPath: "id" });
          messages.put({ id: "m", conversationId: "c", role: "user", text: "Hi there" });
        };
        opening.onsuccess = () => {
          opening.result.close();
          resolve();
        };
      }),
  );
  const chat = new ChatPage(page);
  await page.goto("/");
  await expect(chat.alert.first()).toContainText("A new version is here");
  await chat.openSettings("Your data");
  const { text } = await savedBy(chat, "Export all conversations");
  expect(JSON.parse(text)).toMatchObject({
    conversations: [{ conversation: { title: "Of the future" }, messages: [{ text: "Hi there" }] }],
  });
  await context.close();
});
