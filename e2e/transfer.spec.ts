import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";
import { test } from "./pages/test.ts";

test("all conversations are exported into a file, and come back from it when they are gone", async ({
  chat,
}) => {
  const answer = await chat.ask("Hi, my name is Bella.");
  await chat.openSettings("Your data");
  await expect(chat.storage).toContainText(/not exported yet|last export was on/);
  const saving = chat.page.waitForEvent("download");
  await chat.storage.getByRole("button", { name: "Export all conversations" }).click();
  const file = await saving;
  expect(file.suggestedFilename()).toMatch(/^rekindle-\d{4}-\d\d-\d\d\.json$/);
  const text = await readFile(await file.path(), "utf8");
  expect(text).toContain("Hi, my name is Bella.");
  await expect(chat.storage).toContainText("The last export was on");
  await chat.closeStorage();
  await chat.delete("My name is Bella.");
  await expect(chat.conversation("My name is Bella.")).toHaveCount(0);

  await chat.openSettings("Your data");
  const input = chat.storage.locator("input[type=file][accept*=json]");
  const named = { name: "conversations.json", mimeType: "application/json" };
  await input.setInputFiles({ ...named, buffer: Buffer.from('{"title":"not ours"}') });
  await expect(chat.storage).toContainText("holds no conversations that this page can read");
  await input.setInputFiles({ ...named, buffer: Buffer.from(text) });
  await expect(chat.storage).toContainText(/conversations? (was|were) added/);
  await chat.closeStorage();
  await chat.open("My name is Bella.");
  await expect(chat.answers).toContainText(answer);
  expect(await chat.ask("What is my name?")).toContain("Bella");
});
