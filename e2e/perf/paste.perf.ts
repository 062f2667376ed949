import { expect, type Page } from "@playwright/test";
import { ChatPage } from "../pages/chat-page.ts";
import { longTasks, taskWords, watchTasks } from "./long-tasks.ts";
import { test } from "./perf-test.ts";

const textOf = (characters: number): string => "A line of some words.\n".repeat(characters / 22);

/** Pastes a text as a person does who has copied it elsewhere: with the browser's own command. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((copied) => navigator.clipboard.writeText(copied), text);
  await page.getByRole("textbox", { name: "Message" }).focus();
  await watchTasks(page);
  await page.keyboard.press("ControlOrMeta+V");
}

/** Tells what was noted until the file is attached and a second has passed, and what a letter takes that is typed then. */
async function tell(page: Page, what: string): Promise<void> {
  await expect(page.getByRole("button", { name: /^Remove “/ })).toHaveCount(1, { timeout: 60_000 });
  await page.waitForTimeout(1000);
  const tasks = await longTasks(page);
  await page.getByRole("textbox", { name: "Message" }).focus();
  await watchTasks(page);
  await page.keyboard.type("word", { delay: 100 });
  await page.waitForTimeout(500);
  const typing = taskWords(await longTasks(page));
  process.stdout.write(`${what}: ${taskWords(tasks)}; four letters after it: ${typing}\n`);
  await page.getByRole("textbox", { name: "Message" }).fill("");
  await page.getByRole("button", { name: /^Remove “/ }).click();
}

test("paste: 30,000 characters, 5 MB, and a dropped file of 5 MB", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const chat = new ChatPage(page);
  await chat.goto();
  await chat.ready();
  for (const [what, characters] of [
    ["30,000 characters", 30_000],
    ["5 MB", 5_000_000],
  ] as const) {
    await paste(page, textOf(characters));
    await tell(page, `a paste of ${what}`);
  }
  // The text is made in the page: one that is sent there takes the page's time.
  const dataTransfer = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["A line of some words.\n".repeat(227_000)], "book.txt"));
    return transfer;
  });
  await page.waitForTimeout(1000);
  await watchTasks(page);
  await page.dispatchEvent("body", "dragenter", { dataTransfer });
  await page.dispatchEvent("body", "drop", { dataTransfer });
  await tell(page, "a dropped file of 5 MB");
});
