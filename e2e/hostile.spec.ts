import { expect, type Page } from "@playwright/test";
import { CORPUS, TEXTS } from "./hostile/corpus.ts";
import { watch } from "./hostile/detector.ts";
import { hostileExport } from "./hostile/hostile-export.ts";
import { touchEverything } from "./hostile/touch-everything.ts";
import { unsafePage } from "./hostile/unsafe-page.ts";
import { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { SHIPPED } from "./pages/servers.ts";
import { storedText } from "./pages/stored-records.ts";
import { test } from "./pages/test.ts";

test("the corpus has at least 200 inputs, and as many of each category as it should", () => {
  const counts = Object.entries(CORPUS).map(([name, inputs]) => [name, inputs.length]);
  expect(Object.fromEntries(counts)).toEqual({
    html: 78,
    markdown: 72,
    urls: 51,
    specialTokens: 32,
    titles: 21,
    fileNames: 18,
    imports: 29,
  });
  for (const inputs of Object.values(CORPUS)) expect(new Set(inputs).size).toBe(inputs.length);
});

test("a page that takes the inputs for markup is caught: they run, fetch and leave", async ({
  browser,
}) => {
  const context = await browser.newContext();
  const { page, misdeeds } = await watch(context, ({ host }) => host === "unsafe.test");
  await page.route("https://unsafe.test/", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!doctype html><title>x</title>" }),
  );
  await page.goto("https://unsafe.test/");
  await page.evaluate(unsafePage, TEXTS);
  await expect.poll(() => new Set(misdeeds.executed).size).toBeGreaterThanOrEqual(50);
  await expect.poll(() => new Set(misdeeds.requested).size).toBeGreaterThanOrEqual(20);
  await expect.poll(() => new Set(misdeeds.left).size).toBeGreaterThanOrEqual(5);
  await context.close();
});

/** The ids of all conversations that are stored. */
const storedIds = (page: Page): Promise<string[]> =>
  page.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const opening = indexedDB.open("rekindle");
        opening.onerror = () => reject(new Error(String(opening.error)));
        opening.onsuccess = () => {
          const keys = opening.result
            .transaction("conversations")
            .objectStore("conversations")
            .getAllKeys();
          keys.onsuccess = () => {
            opening.result.close();
            resolve(keys.result.map(String));
          };
        };
      }),
  );

async function importFile({ storage }: ChatPage, text: string): Promise<void> {
  const file = { name: "x.json", mimeType: "application/json", buffer: Buffer.from(text) };
  await storage.getByLabel("File to import").setInputFiles(file);
  await expect(storage.getByRole("button", { name: "Import…" })).toBeEnabled();
}

test("no input runs, fetches or leaves, wherever it is put", async ({ browser }) => {
  const context = await browser.newContext({ baseURL: SHIPPED.url, serviceWorkers: "block" });
  const { page, misdeeds } = await watch(context, ({ origin }) => origin === SHIPPED.url);
  const complaints = complaintsOf(page);
  const chat = new ChatPage(page);
  await chat.goto("?temperature=0");
  await chat.openSettings("Your data");
  for (const text of CORPUS.imports) await importFile(chat, text);
  const imported = await storedIds(page);
  const { file, messages } = hostileExport();
  await importFile(chat, file);
  await expect(chat.storage.getByText(/conversations were added/)).toBeVisible();
  await chat.closeStorage();

  let shown = 0;
  for (const id of await storedIds(page)) {
    await page.evaluate((to) => (location.hash = to), `#/c/${id}`);
    await expect(chat.questions.or(chat.answers).first()).toBeVisible();
    if (!imported.includes(id)) {
      // The first of many messages are drawn after the last ones.
      const stored = await storedText(page, id);
      const asked = stored?.messages.filter(({ role }) => role === "user").length ?? NaN;
      await expect(chat.questions).toHaveCount(asked);
      shown += asked;
    }
    await page.evaluate(touchEverything);
    await page.keyboard.press("Escape");
  }
  // Every text was there on both sides.
  expect(shown).toBe(messages);

  await chat.newConversation();
  for (const content of ["text", "\u0000"]) {
    const buffer = Buffer.from(content);
    const named = CORPUS.fileNames.map((name) => ({ name, mimeType: "text/plain", buffer }));
    await page.getByLabel("Files to attach").setInputFiles(named);
    await expect(page.getByRole("status", { name: "Files that are not attached" })).not.toBeEmpty();
    await page.evaluate(touchEverything);
  }
  expect(misdeeds).toEqual({ executed: [], requested: [], left: [] });
  expect(complaints).toEqual([]);
  expect(await page.evaluate(() => Reflect.get({}, "polluted") as unknown)).toBeUndefined();
  expect(new URL(page.url()).origin).toBe(SHIPPED.url);
  await context.close();
});
