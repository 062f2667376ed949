import { expect, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY } from "./pages/pip.ts";
import { SHIPPED } from "./pages/servers.ts";
import { test } from "./pages/test.ts";

test("a conversation is renamed in its row, and keeps the name when it goes on", async ({
  chat,
}) => {
  await chat.ask("A talk to be renamed");
  await chat.chooseFor("A talk to be renamed", "Rename");
  const field = chat.conversations.getByRole("textbox", { name: "Title" });
  await expect(field).toBeFocused();
  await field.fill("Not this");
  await field.press("Escape");
  await expect(chat.conversation("A talk to be renamed")).toBeFocused();
  await chat.page.keyboard.press("F2");
  await field.fill("My talk");
  await field.press("Enter");
  await expect(chat.conversation("My talk")).toBeFocused();
  await expect(chat.page).toHaveTitle("My talk – Rekindle");
  await chat.ask("Tell me a joke, please");
  await expect(chat.conversation("My talk")).toBeVisible();
});

test("a conversation is pinned above the others, and copied with all that was said", async ({
  page,
}) => {
  // On a page that others have used there are other conversations.
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ask("First of all");
  await chat.newConversation();
  await chat.ask("Second of all");
  await chat.chooseFor("First of all", "Pin");
  await expect(chat.conversations.getByRole("heading")).toHaveText(["Pinned", "Today"]);
  await expect(chat.conversations.getByRole("link").first()).toHaveText("First of all");
  await chat.reload();
  await expect(chat.conversations.getByRole("heading")).toHaveText(["Pinned", "Today"]);
  await chat.chooseFor("First of all", "Duplicate");
  await expect(chat.conversation("First of all (copy)")).toHaveAttribute("aria-current", "page");
  await expect(chat.questions).toHaveText(["First of all"]);
  await expect(chat.answers).toHaveCount(1);
  await chat.chooseFor("First of all", "Unpin");
  await expect(chat.conversations.getByRole("heading")).toHaveText(["Today"]);
});

test("of a thousand conversations a few are on the page, one is a tab stop, and keys reach all", async ({
  page,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await storeConversations(chat.page, 1000);
  await chat.reload();
  const links = chat.conversations.getByRole("link");
  await expect(chat.conversation("Talk number 1")).toBeVisible();
  expect(await links.count()).toBeLessThan(60);
  const search = chat.conversations.getByRole("searchbox", { name: "Search conversations" });
  await search.focus();
  await chat.page.keyboard.press("Tab");
  await expect(chat.conversation("Talk number 1")).toBeFocused();
  await chat.page.keyboard.press("Tab");
  await expect(chat.conversations.getByRole("button", { name: "Settings" })).toBeFocused();
  await chat.page.keyboard.press("Shift+Tab");
  await chat.page.keyboard.press("End");
  await expect(chat.conversation("Talk number 1000")).toBeFocused();
  await expect(
    chat.conversations.getByRole("listitem").filter({ hasText: "Talk number 1000" }),
  ).toHaveAttribute("aria-posinset", "1000");
  await chat.page.keyboard.press("ArrowUp");
  await expect(chat.conversation("Talk number 999")).toBeFocused();
  // Whatever is scrolled away, the focus stays.
  await chat.conversation("Talk number 999").evaluate((link) => {
    link.closest("ul")?.parentElement?.scrollTo({ top: 0 });
  });
  await expect(chat.conversation("Talk number 1")).toBeInViewport();
  await expect(chat.conversation("Talk number 999")).toBeFocused();
});

test.describe("among thirty conversations", () => {
  let chat: ChatPage;
  test.beforeAll(async ({ browser }) => {
    const context = await browser.newContext({ baseURL: SHIPPED.url });
    chat = new ChatPage(await context.newPage());
    await chat.goto(GREEDY);
    await storeConversations(chat.page, 30);
    await chat.reload();
  });
  test.afterAll(() => chat.page.context().close());

  test("several conversations are selected and deleted together, and come back together", async () => {
    await chat.chooseFor("Talk number 2", "Select");
    await chat.conversations.getByRole("checkbox", { name: "Talk number 3" }).check();
    await chat.conversations.getByRole("button", { name: "Delete 2 conversations" }).click();
    const links = chat.conversations.getByRole("link");
    await expect(links.nth(0)).toHaveText("Talk number 1");
    await expect(links.nth(1)).toHaveText("Talk number 4");
    await expect(chat.page.locator(":focus")).toHaveCount(1);
    await chat.page.getByRole("button", { name: "Undo", exact: true }).click();
    await expect(links.nth(1)).toHaveText("Talk number 2");
    await expect(links.nth(2)).toHaveText("Talk number 3");
  });

  test("a search finds titles and texts, marks them, and leads to the message, also on another branch", async () => {
    const search = chat.conversations.getByRole("searchbox", { name: "Search conversations" });
    const results = chat.conversations.getByRole("list", { name: "Search results" });
    await search.fill("walrus17");
    await expect(results.getByRole("link")).toHaveCount(1);
    await expect(results.locator("mark")).toHaveText("walrus17");
    await search.press("ArrowDown");
    await chat.page.keyboard.press("Enter");
    await expect(chat.questions.filter({ hasText: "walrus17" })).toBeInViewport();
    await expect(chat.page).toHaveTitle("Talk number 17 – Rekindle");

    await search.fill("otter 17");
    await results.getByRole("link").first().click();
    await expect(chat.answers.filter({ hasText: "otter 17" })).toBeInViewport();
    await search.fill("北京");
    await expect(results.getByRole("link")).toHaveCount(30);
    await search.fill("no such word anywhere");
    await expect(chat.conversations).toContainText("Nothing was found for");
    await search.press("Escape");
    await expect(chat.conversation("Talk number 1")).toBeVisible();
    await chat.delete("Talk number 17");
    await search.fill("walrus17");
    await expect(chat.conversations).toContainText("Nothing was found for");
    await search.fill("");
  });

  test("the drawer of a narrow window takes the focus, gives it back, and closes when it has led somewhere", async () => {
    await chat.page.setViewportSize({ width: 390, height: 844 });
    const toggle = chat.page.getByRole("button", { name: "Show conversations" });
    await toggle.click();
    const close = chat.conversations.getByRole("button", { name: "Close conversations" });
    await expect(close).toBeVisible();
    // What it measured while it was hidden has moved nothing.
    await expect(chat.conversation("Talk number 1")).toBeInViewport();
    await expect(chat.conversations.locator(":focus")).toHaveCount(1);
    // The rest of the page can be neither reached nor read out.
    await expect(chat.page.locator("main")).toHaveAttribute("inert");
    await chat.page.keyboard.press("Escape");
    await expect(chat.conversations).toBeHidden();
    await expect(toggle).toBeFocused();
    await toggle.click();
    await chat.page.mouse.click(380, 400);
    await expect(chat.conversations).toBeHidden();
    await toggle.click();
    await chat.conversation("Talk number 2").click();
    await expect(chat.conversations).toBeHidden();
    await expect(chat.questions.first()).toContainText("walrus2");
  });
});

/**
 * Stores conversations of two branches each, "Talk number 1" being the newest. Each has a word of its own in its question,
 * and another one in an answer that is not shown.
 */
async function storeConversations(page: Page, count: number): Promise<void> {
  // The page has made its database once it says that there is nothing in it.
  await expect(page.getByText("Your conversations appear here.")).toBeVisible();
  await page.evaluate(async (most) => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open("rekindle");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error("unreadable"));
    });
    const tx = db.transaction(["conversations", "messages"], "readwrite");
    const nowMs = Date.now();
    for (let n = 1; n <= most; n++) {
      const [conversationId, timeMs] = [`talk-${n}`, nowMs - n * 1000];
      const add = (id: string, parentId: string | null, role: string, text: string) =>
        tx.objectStore("messages").put({
          ...{ id, conversationId, parentId, role, text, status: "complete" },
          createdAtMs: timeMs - 10 + Number(id.at(-1)),
        });
      const title = `Talk number ${n}`;
      const times = { createdAtMs: timeMs, updatedAtMs: timeMs };
      tx.objectStore("conversations").put({
        ...{ id: conversationId, title, isRenamed: true, headId: `${conversationId}-3` },
        ...times,
      });
      add(`${conversationId}-1`, null, "user", `About walrus${n}, 北京的天气`);
      add(`${conversationId}-2`, `${conversationId}-1`, "assistant", `It is an otter ${n}.`);
      add(`${conversationId}-3`, `${conversationId}-1`, "assistant", "It is something else.");
    }
    await new Promise((resolve) => (tx.oncomplete = resolve));
    db.close();
  }, count);
}
