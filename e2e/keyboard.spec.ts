import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { SHIPPED } from "./pages/servers.ts";
import { smallTargets } from "./pages/small-targets.ts";
import { test } from "./pages/test.ts";

test("shortcuts are listed, do what they say, and do nothing while a dialog is open", async ({
  chat,
}) => {
  const { page } = chat;
  const list = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  const first = await chat.ask("Hello!");
  await page.keyboard.press("Control+/");
  await expect(list).toContainText("New conversation");
  await page.keyboard.press("Control+Shift+O");
  await expect(list).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(list).toBeHidden();
  await expect(chat.questions).toHaveCount(1);

  await page.keyboard.press("Control+Shift+L");
  await expect(chat.answers.last()).toBeFocused();
  await page.keyboard.press("Shift+Escape");
  await expect(chat.input).toBeFocused();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.keyboard.press("Control+Shift+C");
  await expect(page.getByText("The answer was copied.")).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(first).toContain(copied);
  await page.keyboard.press("Control+Shift+Enter");
  await expect(page.getByRole("group", { name: "Versions" })).toBeVisible();

  await page.keyboard.press("Control+B");
  await expect(chat.conversations).toBeHidden();
  await expect(page.getByRole("button", { name: "New conversation", exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Show conversations" }).click();
  await expect(chat.conversations).toBeVisible();
  await page.keyboard.press("Control+Shift+O");
  await expect(chat.questions).toHaveCount(0);
  await expect(chat.input).toBeFocused();
  // A new conversation stands before the newest.
  await page.keyboard.press("Alt+ArrowDown");
  await expect(chat.questions).toHaveText(["Hello!"]);
});

test("a status says that the model answers, and that it has answered", async ({ chat }) => {
  // What a test before has caused was said long ago.
  await expect(chat.page.locator(".app > [role=status]")).toBeEmpty();
  await chat.page.evaluate(() => {
    const said: string[] = ((window as { said?: string[] }).said = []);
    new MutationObserver(() => {
      const words = document.querySelector(".app > [role=status]")?.textContent ?? "";
      if (words !== "" && words !== said.at(-1)) said.push(words);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await chat.ask("Hello!");
  const said = () => chat.page.evaluate(() => (window as { said?: string[] }).said);
  await expect.poll(said).toEqual(["Answering", "Answered"]);
  await expect(chat.log).toHaveAttribute("aria-live", "off");
});

test("Enter makes a new line on a touch keyboard, and sends where that was chosen", async ({
  browser,
}) => {
  const tablet = { hasTouch: true, isMobile: true, viewport: { width: 900, height: 700 } };
  const context = await browser.newContext({ ...tablet, baseURL: SHIPPED.url });
  const chat = new ChatPage(await context.newPage());
  await chat.goto();
  await expect(chat.input).toHaveAttribute("enterkeyhint", "enter");
  await chat.input.fill("One");
  await chat.input.press("Enter");
  await expect(chat.input).toHaveValue("One\n");
  await chat.openSettings("General");
  const choice = chat.storage.getByRole("combobox", { name: "Enter" });
  await choice.selectOption("Makes a new line");
  await choice.selectOption("Sends the message");
  expect(await smallTargets(chat.page)).toEqual([]);
  await chat.closeStorage();
  await expect(chat.input).toHaveAttribute("enterkeyhint", "send");
  // So it is where a message is changed.
  await chat.ask("One");
  expect(await smallTargets(chat.page)).toEqual([]);
  await chat.page.getByRole("button", { name: "Edit", exact: true }).click();
  const changed = chat.page.getByRole("textbox", { name: "Your message" });
  await changed.press("Shift+Enter");
  await expect(changed).toHaveValue(/\n/);
  await changed.fill("Two");
  await changed.press("Enter");
  await expect(chat.questions).toHaveText(["Two"]);
  await context.close();
});
