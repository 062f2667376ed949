import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { EMBEDDED, LONG, STORY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

test("the panel says how a conversation is stored, and learning can be switched off for good", async ({
  page,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(EMBEDDED);
  await chat.ready();
  await chat.ask(LONG);
  await chat.ask(STORY);
  await chat.openStorage();
  const row = chat.storage.getByRole("row", { name: "Friend 1" });
  // First it is stored as it is. Between turns a smaller form takes its place.
  await expect(row).toContainText(/as it is|times smaller/);
  await expect(row).toContainText(/\d+(\.\d)? times smaller/, { timeout: 30_000 });
  await expect(chat.quality).toHaveAccessibleDescription(/times smaller than as they are\.$/);

  const learning = chat.storage.getByRole("switch", { name: "Learn to keep caches smaller" });
  await expect(learning).toBeChecked();
  await expect(learning).toHaveAccessibleDescription(/only while this page is visible/);
  await learning.click();
  await expect(learning).not.toBeChecked();
  await chat.closeStorage();
  await chat.reload();
  await chat.openStorage();
  await expect(learning).not.toBeChecked();
  await expect(row).toContainText(/times smaller/);
  await chat.storage.getByRole("button", { name: "Clear all caches" }).click();
  await expect(row).toContainText("none");
  await expect(row).not.toContainText(/times smaller/);
  await expect(chat.storage).toContainText("What your device has learned");
});
