import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { conversationId } from "./pages/kv-chat.ts";
import { GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";
import { ageChunks, PLAIN_PAGE, storedChunks } from "./pages/stored-records.ts";

/** A fingerprint of the time before it was stored which arithmetic computed a chunk. */
const OLD = "8a2da90a5c7b98d6940391688d3d397b";

const removalNotice = (chat: ChatPage) => chat.page.getByRole("status", { name: "Removed caches" });

test("KV of an older arithmetic is removed, which the page says once, and the text stays", async ({
  context,
}) => {
  const chat = new ChatPage(await context.newPage());
  await chat.goto(GREEDY);
  await chat.ready();
  await expect(removalNotice(chat)).toHaveText("");
  await chat.ask("My name is Ada.");
  await expect.poll(async () => (await storedChunks(chat.page)).length).toBeGreaterThan(0);
  const id = conversationId(chat);
  await chat.page.goto(PLAIN_PAGE);
  expect(await ageChunks(chat.page, OLD)).toBeGreaterThan(0);

  await chat.page.goto(`/${GREEDY}#/c/${id}`);
  await expect(removalNotice(chat)).toContainText("The conversations are all here");
  const left = (await storedChunks(chat.page)).filter(({ fingerprint }) => fingerprint === OLD);
  expect(left).toEqual([]);
  await expect(chat.questions).toHaveText(["My name is Ada."]);

  const other = new ChatPage(await context.newPage());
  await other.goto(GREEDY);
  await expect(other.conversations.getByRole("link")).toHaveCount(1);
  await expect(removalNotice(other)).toHaveText("");
  await other.page.close();

  await removalNotice(chat).getByRole("button", { name: "Dismiss" }).click();
  await expect(removalNotice(chat)).toHaveText("");
  expect(await chat.ask("What is my name?")).toContain("Ada");
  await chat.reload();
  await chat.ready();
  await expect(removalNotice(chat)).toHaveText("");
  await expect(chat.questions).toHaveCount(2);
});
