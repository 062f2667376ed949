import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

/** Waits until a part of the answers' KV is stored, which happens behind the turn. @returns the bytes used */
async function expectUsed(chat: ChatPage): Promise<number> {
  await expect.poll(() => chat.usedBytes(), { timeout: 20_000 }).toBeGreaterThan(0);
  return chat.usedBytes();
}

test("the panel says what is used, and clearing it keeps the text", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ready();
  await chat.openStorage();
  expect(await chat.usedBytes()).toBe(0);
  await expect(chat.storage).toContainText(/The browser has (not )?promised to keep/);
  await chat.closeStorage();

  const answer = await chat.ask("Hello!");
  await chat.openStorage();
  const used = await expectUsed(chat);
  await expect(chat.storage.getByRole("row", { name: "Hello!" })).toContainText(/[1-9].* [kM]B/);
  await chat.closeStorage();
  await chat.ask("Good morning!");
  await chat.openStorage();
  await expect.poll(() => chat.usedBytes(), { timeout: 20_000 }).toBeGreaterThan(used);

  await expect(chat.storage).toContainText("All text stays.");
  await chat.storage.getByRole("button", { name: "Clear all caches" }).click();
  await expect.poll(() => chat.usedBytes()).toBe(0);
  await expect(chat.storage.getByRole("row", { name: "Hello!" })).toContainText("none");
  await chat.closeStorage();

  await expect(chat.questions).toHaveText(["Hello!", "Good morning!"]);
  await expect(chat.answers.first()).toHaveText(answer);
  await chat.reload();
  await chat.ready();
  await expect(chat.questions).toHaveText(["Hello!", "Good morning!"]);
  await chat.ask("How are you?");
  await expect(chat.alert).toHaveCount(0);
  await chat.openStorage();
  await expectUsed(chat);
});

test("deleting a conversation frees what only it used", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ready();
  await chat.ask("Hello!");
  await chat.openStorage();
  await expectUsed(chat);
  await chat.closeStorage();
  await chat.delete("Hello!");
  await chat.openStorage();
  await expect.poll(() => chat.usedBytes()).toBe(0);
});

test("the limit can be chosen, stays chosen, and can be left to the page again", async ({
  chat,
}) => {
  await chat.openStorage();
  const limit = chat.storage.getByRole("combobox", { name: "Keep at most" });
  await expect(limit).toHaveValue("default");
  await limit.selectOption("250 MB");
  await expect(chat.storage).toContainText("of 250.0 MB used");
  await chat.closeStorage();

  await chat.reload();
  await chat.openStorage();
  await expect(limit).toHaveValue("250000000");
  await limit.selectOption("Default");
  await expect(limit).toHaveValue("default");
  await expect(chat.storage).not.toContainText("of 250.0 MB used");
  await chat.closeStorage();
});

test.describe("where the browser keeps nothing", () => {
  // A service worker would answer with the worker's script as it was built.
  test.use({ serviceWorkers: "block" });

  test("the page says so until it is told that this was read", async ({ page }) => {
    await page.route("**/store.worker*.js", async (route) => {
      const response = await route.fetch();
      const refusal = `indexedDB.open = () => { throw new DOMException("Denied", "SecurityError"); };`;
      await route.fulfill({ response, body: `${refusal}\n${await response.text()}` });
    });
    const chat = new ChatPage(page);
    await chat.goto(GREEDY);
    const notice = page.getByRole("note", { name: "Nothing is kept" });
    await expect(notice).toContainText("will be gone when you close this tab");
    await chat.ready();
    await chat.ask("Hello!");
    await expect(notice).toBeVisible();
    await notice.getByRole("button", { name: "Dismiss" }).click();
    await expect(notice).toBeHidden();
    await chat.newConversation();
    await expect(notice).toBeHidden();
    await chat.openStorage();
    await expect(chat.storage).toContainText("will be gone when you close this tab");
  });
});
