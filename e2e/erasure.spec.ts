import { expect, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

const SECRET = "My name is Zebedee.";

/** Everything that the origin keeps, as text: databases, private files, caches and both kinds of storage. */
const everythingKept = (page: Page): Promise<string> =>
  page.evaluate(async () => {
    const records: unknown[] = [];
    for (const { name = "" } of await indexedDB.databases()) {
      const opening = indexedDB.open(name);
      const db = await new Promise<IDBDatabase>((resolve) => {
        opening.onsuccess = () => resolve(opening.result);
      });
      for (const store of db.objectStoreNames) {
        const request = db.transaction(store).objectStore(store).getAll();
        await new Promise((resolve) => (request.onsuccess = resolve));
        for (const record of request.result as unknown[]) records.push([name, store, record]);
      }
      db.close();
    }
    const files: string[] = [];
    const list = async (folder: FileSystemDirectoryHandle, path: string) => {
      for await (const [name, handle] of folder.entries()) {
        files.push(`${path}/${name}`);
        if (handle instanceof FileSystemDirectoryHandle) await list(handle, `${path}/${name}`);
      }
    };
    await list(await navigator.storage.getDirectory(), "");
    const cached: string[] = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) cached.push(`${name} ${url}`);
    return JSON.stringify({
      records,
      files,
      cached,
      local: Object.entries(localStorage),
      session: Object.entries(sessionStorage),
    });
  });

async function openErasure(chat: ChatPage): Promise<void> {
  await chat.openSettings("Your data");
  await expect(chat.storage.getByRole("checkbox", { name: /^Conversations\b/ })).toBeVisible();
}

test.describe("with a service worker", () => {
  test.use({ serviceWorkers: "allow" });

  test("everything is deleted, in all tabs, and the page works on", async ({ context, page }) => {
    const chat = new ChatPage(page);
    await chat.goto(GREEDY);
    await chat.ask(SECRET);
    await chat.input.fill("Zebedee's draft");
    const other = new ChatPage(await context.newPage());
    await other.page.goto(page.url());
    await expect(other.log).toContainText("Zebedee");
    await page.evaluate(async () => {
      localStorage.setItem("of.an.older.build", "Zebedee");
      sessionStorage.setItem("of.this.tab", "Zebedee");
      const root = await navigator.storage.getDirectory();
      const folder = await root.getDirectoryHandle("rekindle-model-files", { create: true });
      await folder.getFileHandle("Zebedee", { create: true });
      await (
        await caches.open("webllm/model")
      ).put("https://example.org/Zebedee", new Response("x"));
      const opening = indexedDB.open("rekindle-of-zebedee");
      await new Promise((resolve) => (opening.onsuccess = resolve));
      opening.result.close();
    });
    expect((await everythingKept(page)).match(/Zebedee/g)?.length).toBeGreaterThan(5);

    await openErasure(chat);
    await expect(chat.storage).toContainText("1 conversation, 2 messages");
    await chat.storage.getByRole("button", { name: "Delete everything…" }).click();
    const dialog = page.getByRole("alertdialog", { name: "Delete everything" });
    await expect(dialog.getByRole("listitem")).toHaveCount(7);
    const saving = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Export all conversations first" }).click();
    expect((await saving).suggestedFilename()).toMatch(/\.json$/);
    await dialog.getByRole("button", { name: "Delete everything" }).click();

    await expect(dialog).toBeHidden();
    await expect(chat.conversations).toContainText("Your conversations appear here.");
    await expect(other.conversations).toContainText("Your conversations appear here.");
    await expect(chat.input).toHaveValue("");
    for (const tab of [page, other.page]) {
      const kept = await everythingKept(tab);
      expect(kept).not.toMatch(/zebedee/i);
      expect(kept).not.toMatch(/of\.an\.older\.build|of\.this\.tab/);
    }
    await chat.ask("Hello!");
    await expect(chat.answers).toHaveCount(1);
  });
});

test("what is selected is deleted, and the rest stays", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ask(SECRET);
  await chat.input.fill("Zebedee's draft");
  await openErasure(chat);
  const selected = chat.storage.getByRole("button", { name: "Delete selected…" });
  await expect(selected).toBeDisabled();
  await chat.storage.getByRole("checkbox", { name: /^Drafts\b/ }).check();
  await chat.storage.getByRole("checkbox", { name: /^Caches of conversations\b/ }).check();
  await selected.click();
  const dialog = page.getByRole("alertdialog", { name: "Delete data" });
  await expect(dialog.getByRole("listitem")).toHaveText(["Caches of conversations", "Drafts"]);
  await dialog.getByRole("button", { name: "Delete", exact: true }).click();
  await expect(dialog).toBeHidden();
  await chat.open(SECRET);
  await expect(chat.input).toHaveValue("");
});
