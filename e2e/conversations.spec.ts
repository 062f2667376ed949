import { expect, type Page } from "@playwright/test";
import { HELLO_ANSWER } from "./pages/pip.ts";
import { test } from "./pages/test.ts";

// Other tests on the page that these share have begun other conversations.
const TALE = "Tell me a story about a ship.";

test("what one conversation is told, another does not know", async ({ chat }) => {
  await chat.ask("Hi, my name is Nora.");
  await chat.newConversation();
  await chat.ask("Hi! I have a dog called Rex.");
  expect(await chat.ask("What is my name?")).not.toContain("Nora");

  await chat.open("My name is Nora.");
  await expect(chat.questions).toHaveText(["Hi, my name is Nora."]);
  expect(await chat.ask("What is my name?")).toContain("Nora");

  await chat.open("I have a dog called Rex.");
  await expect(chat.questions).toHaveText(["Hi! I have a dog called Rex.", "What is my name?"]);
  expect(await chat.ask("What is my dog called?")).toContain("Rex");
});

test("an answer ends up where it was asked for, whatever is looked at", async ({ chat }) => {
  await chat.ask("Good evening!");
  await chat.newConversation();
  await chat.slowDown(100);
  await chat.beginAnswer(TALE);
  const shown = await chat.answerText();

  await chat.open("Good evening!");
  await expect(chat.page.getByRole("main")).toContainText(
    "still answering in another conversation",
  );
  await chat.input.fill("Not yet");
  await expect(chat.sendButton).toBeDisabled();
  await chat.slowDown(0);
  await expect(chat.sendButton).toBeEnabled({ timeout: 30_000 });
  await expect(chat.questions).toHaveText(["Good evening!"]);
  await expect(chat.answers).toHaveCount(1);

  await chat.open(TALE);
  await expect(chat.answers).toHaveCount(1);
  // For a moment the screen may show the part that was read while it was being written.
  await expect(chat.answers).toHaveText(/[.!?"]$/, { useInnerText: true });
  const whole = await chat.answers.innerText();
  expect(whole.startsWith(shown)).toBe(true);
});

test("the keyboard gets past the conversations with one key", async ({ chat }) => {
  await chat.ask("Hello!");
  // The keyboard begins where a page begins.
  await chat.page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  await chat.page.keyboard.press("Tab");
  await expect(chat.page.getByRole("button", { name: "Skip to the message" })).toBeFocused();
  await chat.page.keyboard.press("Enter");
  await expect(chat.input).toBeFocused();
});

test("conversations are listed, newest first, and opened by their address, too", async ({
  chat,
}) => {
  await chat.ask("First of all");
  const address = chat.page.url();
  await chat.newConversation();
  await chat.ask("Second of all");

  const titles = chat.conversations.getByRole("link");
  await expect(titles.nth(0)).toHaveText("Second of all");
  await expect(titles.nth(1)).toHaveText("First of all");
  await expect(chat.conversation("Second of all")).toHaveAttribute("aria-current", "page");
  await chat.page.goto(address);
  await expect(chat.questions).toHaveText(["First of all"]);
  await expect(chat.conversation("First of all")).toHaveAttribute("aria-current", "page");
});

test("a conversation is deleted at once, comes back when that is undone, and is gone for good after", async ({
  chat,
}) => {
  await chat.ask("Forget me");
  await chat.chooseFor("Forget me", "Delete");
  await expect(chat.conversation("Forget me")).toHaveCount(0);
  await expect(chat.questions).toHaveCount(0);
  await expect(chat.page).toHaveTitle("Rekindle");
  // The button that was pressed is gone. The focus is not.
  await expect(chat.page.locator(":focus")).toHaveCount(1);
  const undo = chat.page.getByRole("button", { name: "Undo", exact: true });
  await expect(undo).toBeVisible();
  await expect(chat.page.getByRole("group", { name: "was deleted." })).toContainText("Forget me");
  // While it is offered, shortcuts do what they do.
  await chat.page.keyboard.press("Control+B");
  await expect(chat.conversations).toBeHidden();
  await chat.page.keyboard.press("Control+B");
  await undo.click();
  await expect(chat.conversation("Forget me")).toHaveAttribute("aria-current", "page");
  await expect(chat.questions).toHaveText(["Forget me"]);

  await chat.delete("Forget me");
  await expect.poll(() => storedText(chat.page)).not.toContain("Forget me");
  await chat.reload();
  await chat.ready();
  await expect(chat.conversation("Forget me")).toHaveCount(0);
});

test("a conversation deleted in mid-answer is gone, and the model is free", async ({ chat }) => {
  await chat.slowDown(100);
  await chat.beginAnswer("Tell me a story about a dragon.");
  await chat.delete("Tell me a story about a dragon.");
  await expect(chat.conversation("Tell me a story about a dragon.")).toHaveCount(0);
  await expect(chat.questions).toHaveCount(0);

  await chat.slowDown(0);
  expect(await chat.ask("Hello!")).toBe(HELLO_ANSWER);
  await chat.reload();
  await expect(chat.questions).toHaveText(["Hello!"]);
  await expect(chat.conversation("Tell me a story about a dragon.")).toHaveCount(0);
});

/** Everything that the database has of conversations and messages. */
function storedText(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const settled = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error("unreadable"));
      });
    const db = await settled(indexedDB.open("rekindle"));
    const tx = db.transaction(["conversations", "messages"]);
    const all = await Promise.all(
      ["conversations", "messages"].map((name) => settled(tx.objectStore(name).getAll())),
    );
    db.close();
    return JSON.stringify(all);
  });
}
