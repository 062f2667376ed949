import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { saved } from "./pages/kv-chat.ts";
import { test } from "./pages/test.ts";

const BELLA = "Hi, my name is Bella.";
const TOM = "Hi, my name is Tom.";

const versions = (chat: ChatPage) => chat.page.getByRole("group", { name: "Versions" });
const show = (chat: ChatPage, which: "Previous" | "Next") =>
  versions(chat)
    .getByRole("button", { name: `${which} version` })
    .click();

/** Opens the field in which a question is changed, as one does with the keyboard. */
async function edit(chat: ChatPage, index: number): Promise<void> {
  await chat.page.getByRole("button", { name: "Edit", exact: true }).nth(index).press("Enter");
}

test("a message that is changed begins a branch, and the one before it is a click away and goes on", async ({
  exactChat: chat,
}) => {
  await chat.ask(BELLA);
  await edit(chat, 0);
  const field = chat.page.getByRole("textbox", { name: "Your message" });
  await expect(field).toBeFocused();
  await expect(field).toHaveValue(BELLA);
  await field.fill(TOM);
  await chat.page.getByRole("button", { name: "Send" }).first().click();
  await expect(chat.questions).toHaveText([TOM]);
  await expect(chat.answers).toHaveAttribute("aria-busy", "false");
  await expect(versions(chat).getByRole("img", { name: "Version 2 of 2" })).toBeVisible();
  await saved(chat);

  await show(chat, "Previous");
  await expect(chat.questions).toHaveText([BELLA]);
  await chat.reload();
  await expect(chat.questions).toHaveText([BELLA]);
  await chat.ready();
  expect(await chat.ask("What is my name?")).toContain("Bella");
  // All but the newest message was in place.
  const { promptTokens = 0, prefilledTokens = 0 } = (await chat.prefills()).at(-1) ?? {};
  expect(prefilledTokens).toBeLessThan(promptTokens / 2);

  await show(chat, "Next");
  await expect(chat.questions).toHaveText([TOM]);
  expect(await chat.ask("What is my name?")).toContain("Tom");
  await show(chat, "Previous");
  await expect(chat.questions).toHaveText([BELLA, "What is my name?"]);
});

test("answers that were given anew can all be reached", async ({ chat }) => {
  await chat.ask("Hello!");
  for (const number of [2, 3]) {
    await chat.regenerateButton.click();
    await expect(
      versions(chat).getByRole("img", { name: `Version ${number} of ${number}` }),
    ).toBeVisible();
    await expect(chat.answers).toHaveAttribute("aria-busy", "false");
  }
  await show(chat, "Previous");
  await show(chat, "Previous");
  await expect(versions(chat).getByRole("img", { name: "Version 1 of 3" })).toBeVisible();
  await expect(versions(chat).getByRole("button", { name: "Previous version" })).toBeDisabled();
  await expect(chat.answers).toHaveCount(1);
});

test("a message that is not changed after all stays, and the focus goes back to its button", async ({
  chat,
}) => {
  await chat.ask("Hello!");
  await edit(chat, 0);
  await chat.page.getByRole("textbox", { name: "Your message" }).fill("Good bye!");
  await chat.page.keyboard.press("Escape");
  await expect(chat.questions).toHaveText(["Hello!"]);
  await expect(chat.page.getByRole("button", { name: "Edit", exact: true })).toBeFocused();
  await expect(versions(chat)).toHaveCount(0);
});
