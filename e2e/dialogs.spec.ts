import { expect } from "@playwright/test";
import { complaintsOf } from "./pages/complaints.ts";
import { STORY } from "./pages/pip.ts";
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

test("Escape in a dialog closes it and nothing else; only a yes deletes", async ({ chat }) => {
  const complaints = complaintsOf(chat.page);
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  const opener = chat.conversations.getByRole("button", { name: `Delete "${STORY}"` });
  await opener.click();
  const dialog = chat.page.getByRole("alertdialog", { name: "Delete conversation" });
  await expect(dialog).toHaveAccessibleDescription(/This cannot be undone/);
  await expect(dialog.getByRole("button", { name: "Cancel" })).toBeFocused();
  // A press beside the question is no answer to it.
  await chat.page.mouse.click(5, 5);
  await expect(dialog).toBeVisible();

  await chat.page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
  await expect(chat.stopButton).toBeVisible();
  await chat.delete(STORY);
  await expect(chat.conversation(STORY)).toHaveCount(0);
  await chat.slowDown(0);
  expect(complaints).toEqual([]);
});
