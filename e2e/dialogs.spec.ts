import { expect } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { complaintsOf } from "./pages/complaints.ts";
import { test } from "./pages/test.ts";

test("a dialog takes the focus, keeps it, and gives it back; the policy refuses nothing of it", async ({
  chat,
}) => {
  const complaints = complaintsOf(chat.page);
  const opener = chat.conversations.getByRole("button", { name: "Settings", exact: true });
  await opener.focus();
  await chat.page.keyboard.press("Enter");
  await expect(chat.storage).toBeVisible();
  const close = chat.storage.getByRole("button", { name: "Close" });
  await expect(close).toBeFocused();
  await expect(chat.storage.getByRole("tabpanel")).toBeVisible();
  // The rest of the page can be neither reached nor read out.
  await expect(chat.input).toHaveCount(0);
  await chat.page.keyboard.press("Shift+Tab");
  await expect(close).not.toBeFocused();
  await expect(chat.storage.locator(":focus")).toHaveCount(1);
  await chat.page.keyboard.press("Tab");
  await expect(close).toBeFocused();

  await chat.page.keyboard.press("Escape");
  await expect(chat.storage).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(chat.input).toBeVisible();
  expect(complaints).toEqual([]);
});

test("Escape in a menu closes it and nothing else, and the focus is back; its keys do what they say", async ({
  chat,
}) => {
  const complaints = complaintsOf(chat.page);
  // Other tests on this page have asked for other stories.
  const story = "Tell me a story about a lighthouse.";
  await chat.slowDown(100);
  await chat.beginAnswer(story);
  await chat.conversation(story).focus();
  await chat.page.keyboard.press("ArrowRight");
  const opener = chat.conversations.getByRole("button", { name: `More actions for “${story}”` });
  await expect(opener).toBeFocused();
  await chat.page.keyboard.press("Enter");
  await expect(chat.page.getByRole("menu")).toBeVisible();
  await chat.page.keyboard.press("Escape");
  await expect(chat.page.getByRole("menu")).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(chat.stopButton).toBeVisible();

  await chat.page.keyboard.press("Shift+F10");
  await chat.page.keyboard.press("Escape");
  await chat.delete(story);
  await chat.slowDown(0);
  expect(complaints).toEqual([]);
});

test.describe("without a service worker", () => {
  test.use({ serviceWorkers: "block" });

  test("a dialog that cannot be fetched says so, and opens once it can be", async ({ page }) => {
    const chat = new ChatPage(page);
    await page.route("**/SettingsDialog-*.js", (route) => route.abort());
    await chat.goto();
    const opener = chat.conversations.getByRole("button", { name: "Settings", exact: true });
    await opener.click();
    await expect(page.getByText("This part of the page could not be fetched.")).toBeVisible();
    await expect(opener).toHaveAttribute("aria-expanded", "false");
    await page.unroute("**/SettingsDialog-*.js");
    await chat.openSettings("Storage");
    await chat.closeStorage();
    await expect(opener).toBeFocused();
  });
});
