import { expect, type Locator, type Page } from "@playwright/test";
import type { ChatPage } from "./chat-page.ts";
import { STORY } from "./pip.ts";
import { showAnswer } from "./show-answer.ts";

/** A word that no sentence of the page has. Whatever is written on the screens has it, titles and names of files too. */
export const WRITTEN = "walrus";

/** Looks at what is on screen now. */
export type Look = (screen: string) => Promise<void>;

const RICH = [
  "# A heading\n\nSome *text* with `code`, a [link](https://example.com) and $x^2$.",
  "| a | b |\n|---|---|\n| 1 | 2 |",
  "```js\nconst answer = 42; // a comment\n```",
  "- [x] done\n- [ ] to do\n\n> quoted\n\nA note.[^1]\n\n[^1]: below",
].join("\n\n");

const button = ({ page, say }: ChatPage, name: string): Locator =>
  page.getByRole("button", { name: say(name), exact: true });

const attach = ({ page, say }: ChatPage, files: Readonly<Record<string, string>>): Promise<void> =>
  page.getByLabel(say("Files to attach")).setInputFiles(
    Object.entries(files).map(([name, content]) => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.from(content),
    })),
  );

/** Closes what is open. The page has no ear for anything else before that is gone. */
async function close(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
}

/** What was said, and what can be done with it. */
async function conversation(chat: ChatPage, look: Look): Promise<void> {
  const { page, say } = chat;
  await look("an empty conversation");
  await attach(chat, { [`${WRITTEN}.txt`]: WRITTEN });
  await chat.ask(`${WRITTEN}!`);
  await chat.questions.getByText(`${WRITTEN}.txt`).click();
  await chat.questions.hover();
  await look("a conversation, and a file that was sent");
  await chat.answers.getByLabel(say("About this answer")).click();
  await look("what is known of an answer");
  await button(chat, "Edit").click();
  await look("a message that is edited");
  await button(chat, "Cancel").click();
  await button(chat, "Regenerate").click();
  await expect(page.getByRole("group", { name: say("Versions") })).toBeVisible();
  await look("an answer of two versions");
  await page.getByRole("button", { name: new RegExp(`^${say("Context: ")}`) }).click();
  await expect(page.getByRole("dialog", { name: say("Context") })).toBeVisible();
  await look("how full the context is");
  await close(page);
  await showAnswer(chat, WRITTEN, RICH);
  await expect(chat.answers.getByRole("table")).toBeVisible();
  await look("an answer with all that Markdown has");
}

/** What was not sent yet, or is not kept. */
async function composer(chat: ChatPage, look: Look): Promise<void> {
  const { page, say } = chat;
  await attach(chat, { [`${WRITTEN}.txt`]: `${WRITTEN} `.repeat(4000), "a.png": "\0" });
  await expect(
    page.getByRole("status", { name: say("Files that are not attached") }),
  ).not.toBeEmpty();
  await look("a file that is attached and makes the message too long, and one that is not");
  await page.getByRole("button", { name: `${say("Remove")} “${WRITTEN}.txt”` }).click();

  // A temporary conversation has no title, which would be a sentence.
  await button(chat, "Temporary conversation").click();
  await chat.slowDown(100);
  await chat.beginAnswer(STORY);
  await attach(chat, { [`${WRITTEN}.txt`]: WRITTEN });
  await chat.input.fill(WRITTEN);
  await button(chat, "Send when the model is free").click();
  await expect(button(chat, "Remove queued message")).toBeVisible();
  await look("a temporary conversation, with a message in the queue");
  await chat.stop();
  await chat.slowDown(0);
  await expect(button(chat, "Send now")).toBeEnabled();
  await look("a message in the queue, after Stop");
  await button(chat, "Remove queued message").click();
}

/** The list of conversations. */
async function conversations(chat: ChatPage, look: Look): Promise<void> {
  const { page, say } = chat;
  const list = chat.conversations;
  const [one, other] = [`${WRITTEN} 1`, `${WRITTEN} 2`];
  await chat.ask(one);
  await chat.newConversation();
  await chat.ask(other);
  await chat.conversation(one).hover();
  await list.getByRole("button", { name: `${say("More actions for")} “${one}”` }).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await look("the menu of a conversation");
  await page.getByRole("menuitem", { name: say("Rename"), exact: true }).click();
  await expect(list.getByRole("textbox", { name: say("Title") })).toBeVisible();
  await look("a conversation that is renamed");
  await close(page);
  await chat.chooseFor(one, "Delete");
  await expect(button(chat, "Undo")).toBeVisible();
  await look("a conversation that was deleted");
  await button(chat, "Undo").click();
  await chat.chooseFor(one, "Select");
  await look("conversations that are selected");
  await button(chat, "Stop selecting").click();
  const search = list.getByRole("searchbox");
  await search.fill(one);
  await expect(list.getByRole("list", { name: say("Search results") })).toBeVisible();
  await look("what a search has found");
  await search.fill("qq zz");
  await expect(list.getByText(say("Nothing was found for"))).toBeVisible();
  await look("a search that has found nothing");
  await search.fill("");
}

/** What opens above the page. */
async function dialogs(chat: ChatPage, look: Look): Promise<void> {
  const { page, say } = chat;
  await button(chat, "Conversation settings").click();
  await expect(page.getByRole("textbox", { name: say("System prompt") })).toBeVisible();
  await look("the settings of a conversation");
  await close(page);
  for (const section of ["General", "Conversations", "Models", "Storage", "Your data"]) {
    await chat.openSettings(section);
    await look(`the settings, ${section}`);
    await chat.closeStorage();
  }
  await page.getByRole("button", { name: new RegExp(`^${say("Model: ")}`) }).click();
  await expect(page.getByRole("searchbox", { name: say("Search by name") })).toBeVisible();
  // Which of them fit depends on how fast the machine has just been.
  await page.getByRole("switch", { name: say("Only what fits") }).uncheck();
  await page.getByRole("searchbox", { name: say("Search by name") }).fill("llama");
  await look("the choice of models");
  await close(page);
  await page.keyboard.press("Control+/");
  await expect(page.getByRole("dialog", { name: say("Keyboard shortcuts") })).toBeVisible();
  await look("the shortcuts");
  await close(page);
}

/** The page's screens, in groups. Each group begins in a new conversation, and has one screen after the other looked at. */
export const SCREENS = { conversation, composer, conversations, dialogs } as const;
