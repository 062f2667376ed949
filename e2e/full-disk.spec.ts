import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { GREEDY } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

const FULL_BYTES = 1000;

test("a full disk is said, and what could not be stored can be sent later", async ({
  page,
  context,
}) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ready();
  // The quota is set before the first write: for a while after one, Chromium goes by the room that it found then.
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(page.url());
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: FULL_BYTES });
  await chat.input.fill("Hi, my name is Bella.");
  await chat.sendButton.click();
  await expect(chat.alert).toContainText("The browser has no storage left for this page");
  await expect(chat.input).toHaveValue("Hi, my name is Bella.");
  await expect(chat.questions).toHaveCount(0);

  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  await chat.sendButton.click();
  await expect(chat.alert).toHaveCount(0);
  await expect(chat.input).toHaveValue("");
  await expect(chat.answers).toContainText("Bella");
  await chat.reload();
  await expect(chat.questions).toHaveText(["Hi, my name is Bella."]);
});
