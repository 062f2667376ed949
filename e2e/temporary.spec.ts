import { expect, type Page } from "@playwright/test";
import { complaintsOf } from "./pages/complaints.ts";
import { countConversations, storedChunks } from "./pages/stored-records.ts";
import { test } from "./pages/test.ts";

const SECRET = "quokka marzipan";

/** Everything that the browser keeps of this origin, as one text: all databases, private files, caches' names, storages. */
async function allThatIsKept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const found: string[] = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error("a database could not be read"));
      });
    for (const { name = "" } of await indexedDB.databases()) {
      const db = await settled(indexedDB.open(name));
      for (const store of db.objectStoreNames) {
        const all: unknown[] = await settled(db.transaction(store).objectStore(store).getAll());
        found.push(`${name}/${store}: ${JSON.stringify(all)}`);
      }
      db.close();
    }
    const read = async (directory: FileSystemDirectoryHandle): Promise<void> => {
      for await (const [name, handle] of directory as unknown as AsyncIterable<
        [string, FileSystemHandle]
      >) {
        found.push(name);
        if (handle instanceof FileSystemDirectoryHandle) await read(handle);
        else if (handle instanceof FileSystemFileHandle)
          found.push((await (await handle.getFile()).text()).slice(0, 10_000_000));
      }
    };
    await read(await navigator.storage.getDirectory());
    return found.join("\n");
  });
}

test("nothing of a temporary conversation is kept, and a reload asks first and leaves nothing", async ({
  chat,
}) => {
  const { page } = chat;
  const complaints = complaintsOf(page);
  const toggle = page.getByRole("button", { name: "Temporary conversation" });
  await chat.input.fill(`${SECRET} half typed`);
  await toggle.click();
  await expect(toggle).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByText("Nothing of this conversation is kept.")).toBeVisible();
  // What was typed goes along, and is kept no longer.
  await expect(chat.input).toHaveValue(`${SECRET} half typed`);
  const chunks = (await storedChunks(page)).length;
  const conversations = await countConversations(page);

  await chat.ask(`Hello, ${SECRET}!`);
  await chat.ask(`Good morning, ${SECRET}!`);
  const prefill = (await chat.prefills()).at(-1);
  expect(prefill?.prefilledTokens).toBeLessThan(prefill?.promptTokens ?? 0);
  await expect(toggle).toBeHidden();
  await expect(page).toHaveTitle("Rekindle");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.getByRole("button", { name: "Copy as Markdown" }).click();
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toContain(`Good morning, ${SECRET}!`);
  await chat.input.fill(`${SECRET} unsent`);

  // Another conversation, and back: it is there as long as the tab.
  await chat.newConversation();
  await chat.ask("Hello!");
  await page.goBack();
  await expect(chat.questions).toHaveText([`Hello, ${SECRET}!`, `Good morning, ${SECRET}!`]);
  await expect(chat.input).toHaveValue(`${SECRET} unsent`);
  expect(await countConversations(page)).toBe(conversations + 1);
  await expect(chat.conversations.getByText(SECRET)).toHaveCount(0);
  expect((await storedChunks(page)).length).toBeGreaterThanOrEqual(chunks);
  expect(await allThatIsKept(page)).not.toContain(SECRET);
  expect(await allThatIsKept(page)).toContain("Hello!");
  expect(complaints).toEqual([]);

  let isAsked = false;
  page.once("dialog", (dialog) => {
    isAsked = dialog.type() === "beforeunload";
    void dialog.accept();
  });
  await chat.reload();
  expect(isAsked).toBe(true);
  await expect(chat.questions).toHaveCount(0);
  await expect(chat.input).toHaveValue("");
  await expect(toggle).toHaveAttribute("aria-pressed", "false");
  expect(page.url()).not.toContain("temporary");
  expect(await allThatIsKept(page)).not.toContain(SECRET);
});
