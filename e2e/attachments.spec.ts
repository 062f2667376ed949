import { expect, type Locator } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { dropFile } from "./pages/model-file.ts";
import { test } from "./pages/test.ts";

const filesIn = (place: ChatPage["page"] | Locator): Locator =>
  place.getByRole("list", { name: "Attached files" }).getByRole("listitem");

const textFile = (name: string, content: string | Buffer) => ({
  name,
  mimeType: "text/plain",
  buffer: Buffer.from(content),
});

const pick = (chat: ChatPage, ...files: ReturnType<typeof textFile>[]): Promise<void> =>
  chat.page.getByLabel("Files to attach").setInputFiles(files);

/** Pastes a text into the field, as a person does who has copied it elsewhere. */
async function paste({ input }: ChatPage, text: string): Promise<void> {
  await input.evaluate((field, pasted) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", pasted);
    const options = { clipboardData, bubbles: true, cancelable: true };
    field.dispatchEvent(new ClipboardEvent("paste", options));
  }, text);
}

/** How many drafts have files that are stored. */
const storedDrafts = (page: ChatPage["page"]): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open("rekindle-drafts");
        opening.onerror = () => reject(new Error(String(opening.error)));
        opening.onsuccess = () => {
          const db = opening.result;
          const count = db.transaction("attachments").objectStore("attachments").count();
          count.onsuccess = () => {
            db.close();
            resolve(count.result);
          };
        };
      }),
  );

test("text files are attached by picking, dropping and pasting, are kept across a reload, and can be removed", async ({
  chat,
}) => {
  const { page } = chat;
  const complaints = complaintsOf(page);
  const files = filesIn(page);
  await expect(page.getByRole("button", { name: "Attach text files" })).toBeVisible();
  await pick(
    chat,
    textFile("notes.txt", "milk, bread"),
    textFile("p.png", Buffer.from([0x89, 0, 1])),
  );
  await expect(files).toHaveText([/^notes\.txt11 bytes, \d tokens$/]);
  const refusals = page.getByRole("status", { name: "Files that are not attached" });
  await expect(refusals).toContainText(/“.?p\.png.?” is no text file/u);
  await refusals.getByRole("button", { name: "Dismiss" }).click();
  await dropFile(page, { name: "utf16.md", content: Buffer.from("\uFEFF# Title", "utf16le") });
  await paste(chat, "short");
  await expect(files).toHaveCount(2);
  await paste(chat, "word ".repeat(1000));
  await expect(files).toHaveText([/^notes\.txt/, /^utf16\.md/, /^Pasted text\.txt5\.0 kB/]);

  await expect.poll(() => storedDrafts(page)).toBe(1);
  await chat.reload();
  await expect(files).toHaveCount(3);
  await page.getByRole("button", { name: "Remove “Pasted text.txt”" }).click();
  await page.getByRole("button", { name: "Remove “utf16.md”" }).click();
  await expect(chat.input).toBeFocused();
  await page.getByRole("button", { name: "Remove “notes.txt”" }).click();
  await expect(files).toHaveCount(0);
  await expect.poll(() => storedDrafts(page)).toBe(0);
  await chat.reload();
  await expect(files).toHaveCount(0);
  expect(complaints).toEqual([]);
});

test("a file is read by the model as part of its message, which goes on after a reload without being read again", async ({
  exactChat: chat,
}) => {
  const { page } = chat;
  await pick(chat, textFile("about me.txt", "My name is Bella. I have a cat.\n".repeat(8)));
  await expect(filesIn(page)).toHaveCount(1);
  await chat.ask("Hi! What is my name?");
  await expect(filesIn(page)).toHaveCount(1);
  const [first] = await chat.prefills();
  expect(first?.prefilledTokens).toBeGreaterThan(80);
  const question = chat.questions.last();
  const file = filesIn(question);
  await expect(file).toHaveText(/^about me\.txt\d+ bytes$/);
  await file.getByText("about me.txt").click();
  await expect(file.getByRole("region", { name: "about me.txt" })).toContainText("I have a cat.");
  await expect(question).toContainText("Hi! What is my name?");

  await chat.reload();
  await chat.ready();
  await expect(filesIn(chat.questions)).toHaveCount(1);
  await expect.poll(async () => (await chat.measures("kv.restore")).length).toBeGreaterThan(0);
  await chat.ask("Thank you!");
  const [again] = await chat.prefills();
  expect(again?.prefilledTokens).toBeLessThan(40);
});

test("a message that does not fit the context is told before it is sent, as the model counts it", async ({
  chat,
}) => {
  await paste(chat, "A long line of words. ".repeat(3000));
  await expect(chat.page.getByText(/has about 21,000 tokens, and the model reads/)).toBeVisible();
  await chat.page.getByRole("button", { name: "Remove “Pasted text.txt”" }).click();
  await expect(filesIn(chat.page)).toHaveCount(0);
});
