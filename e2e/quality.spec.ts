import { expect, type Page } from "@playwright/test";
import { ChatPage } from "./pages/chat-page.ts";
import { recordEngineCalls } from "./pages/engine-calls.ts";
import { EXACT, GREEDY } from "./pages/pip.ts";
import { MEASURING } from "./pages/servers.ts";
import { test } from "./pages/test.ts";

async function openPage(page: Page, address = `/${GREEDY}`) {
  const calls = await recordEngineCalls(page);
  const chat = new ChatPage(page);
  await page.goto(address);
  /** The levels that the engine was given since the page was started. */
  const levels = async (name: "open" | "generate") =>
    (await calls()).filter((call) => call.name === name).map(({ quality }) => quality);
  return { chat, levels };
}

test("a level is balanced until another is chosen, which is kept and reaches the engine", async ({
  page,
}) => {
  const { chat, levels } = await openPage(page);
  await chat.ready();
  await chat.ask("Hello!");
  expect(await levels("generate")).toEqual(["balanced"]);
  await chat.openStorage();
  await expect(chat.quality).toHaveValue("balanced");
  await expect(chat.quality).toHaveAccessibleDescription(/nearly always word for word/);

  await chat.quality.selectOption("Compact");
  await expect(chat.quality).toHaveAccessibleDescription(/may differ a little/);
  await expect(chat.ownQuality("Hello!")).toHaveText(/^As for all \(compact\)/);
  // The conversation on screen is restored again, at its new level.
  await expect.poll(() => levels("open")).toEqual(["compact"]);
  await chat.closeStorage();

  await chat.reload();
  await chat.ready();
  await expect.poll(() => levels("open")).toEqual(["compact"]);
  await chat.regenerate();
  expect(await levels("generate")).toEqual(["compact"]);
  await chat.openStorage();
  await expect(chat.quality).toHaveValue("compact");
  expect(await levels("open")).toEqual(["compact"]);
});

test("a conversation may have a level of its own, and be as all are again", async ({ page }) => {
  const { chat, levels } = await openPage(page);
  await chat.ready();
  await chat.ask("Good morning!");
  await chat.newConversation();
  await chat.ask("Hello!");
  await chat.openStorage();
  const own = chat.ownQuality("Hello!");
  await expect(own).toHaveValue("");
  await own.selectOption("Exact");
  await expect(own).toHaveValue("exact");
  await expect.poll(async () => (await levels("open")).at(-1)).toBe("exact");
  await chat.quality.selectOption("Compact");
  await expect(chat.ownQuality("Good morning!")).toHaveText(/^As for all \(compact\)/);
  await expect(own).toHaveValue("exact");
  await chat.closeStorage();

  await chat.reload();
  await chat.ready();
  await expect.poll(() => levels("open")).toEqual(["exact"]);
  await chat.ask("How are you?");
  expect(await levels("generate")).toEqual(["exact"]);
  await chat.open("Good morning!");
  await expect.poll(() => levels("open")).toEqual(["exact", "compact"]);
  // The list stays in the order of the messages. Choosing a level does not change it.
  await expect(chat.conversations.getByRole("link")).toHaveText(["Hello!", "Good morning!"]);

  await chat.open("Hello!");
  await chat.openStorage();
  await own.selectOption("As for all (compact)");
  await expect(own).toHaveValue("");
  await expect.poll(async () => (await levels("open")).at(-1)).toBe("compact");
});

test("for measuring, the address may name the level, whatever was chosen", async ({ page }) => {
  const { chat, levels } = await openPage(page, `${MEASURING.url}/${EXACT}`);
  await chat.ready();
  await chat.ask("Hello!");
  await chat.openStorage();
  await expect(chat.storage).toContainText("The address of this page asks for exact");
  await chat.quality.selectOption("Compact");
  await chat.ownQuality("Hello!").selectOption("Compact");
  await expect(chat.ownQuality("Hello!")).toHaveValue("compact");
  await chat.closeStorage();
  await chat.reload();
  await chat.ready();
  await expect.poll(() => levels("open")).toEqual(["exact"]);
  await chat.regenerate();
  expect(await levels("generate")).toEqual(["exact"]);

  await page.goto(`${MEASURING.url}/${GREEDY}&quality=best`);
  await chat.ready();
  await chat.open("Hello!");
  await expect.poll(() => levels("open")).toEqual(["compact"]);
});

test("what is chosen in one tab is so in the other", async ({ context }) => {
  const first = (await openPage(await context.newPage())).chat;
  await first.ready();
  await first.ask("Hello!");
  const second = (await openPage(await context.newPage())).chat;
  await first.openStorage();
  await second.openStorage();
  await first.quality.selectOption("Exact");
  await expect(second.quality).toHaveValue("exact");
  await second.ownQuality("Hello!").selectOption("Compact");
  await expect(first.ownQuality("Hello!")).toHaveValue("compact");
});

test("in a narrow window everything can be reached without scrolling sideways", async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const { chat } = await openPage(page);
  await chat.ready();
  await chat.ask("What sound does a cow make when it is far away from home and all alone?");
  await chat.openStorage();
  const choice = chat.storage.getByRole("row").getByRole("combobox");
  await choice.selectOption("Exact");
  await expect(choice).toHaveValue("exact");
  const sizes = await chat.storage.evaluate((dialog) =>
    [dialog, ...dialog.querySelectorAll("table")].map((box) => box.scrollWidth - box.clientWidth),
  );
  expect(sizes).toEqual([0, 0]);
});
