import { expect } from "@playwright/test";
import { ChatPage } from "../pages/chat-page.ts";
import { PLAIN_PAGE, storeText } from "../pages/stored-records.ts";
import type { MessageRecord } from "../../src/protocol/store-api.ts";
import { longTasks, taskWords, watchTasks } from "./long-tasks.ts";
import { test } from "./perf-test.ts";
import { GREEDY } from "../pages/pip.ts";

/** What a model answers, as long as answers are: about 900 characters. */
const answerOf = (
  number: number,
): string => `A paragraph of **some** length, with \`code\` and number ${String(number)}. ${"It goes on for a few more words, so that it is broken into lines. ".repeat(6)}

- one thing of ${String(number)}
- another, with _emphasis_

${"A last paragraph that says what was meant by all of this. ".repeat(5)}`;

function messagesOf(conversationId: string, count: number): MessageRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${conversationId}-${String(i)}`,
    conversationId,
    parentId: i === 0 ? null : `${conversationId}-${String(i - 1)}`,
    role: i % 2 === 0 ? "user" : "assistant",
    text: i % 2 === 0 ? `Question number ${String(i)}, of one line.` : answerOf(i),
    status: "complete",
    createdAtMs: 1000 + i,
  }));
}

const COUNTS = [600, 2000];

test("long thread: 600 and 2,000 messages", async ({ page }) => {
  const chat = new ChatPage(page);
  await chat.goto(GREEDY);
  await chat.ask("Hello!");
  await page.goto(PLAIN_PAGE);
  for (const count of COUNTS) {
    const id = `of-${String(count)}`;
    const messages = messagesOf(id, count);
    const times = { createdAtMs: 1000, updatedAtMs: 1000 + count };
    const headId = messages.at(-1)?.id ?? null;
    await storeText(page, { conversation: { id, title: id, headId, ...times }, messages });
  }
  for (const count of COUNTS)
    for (let round = 0; round < 3; round++) {
      await chat.goto(GREEDY);
      await chat.ready();
      await expect(chat.conversation(`of-${String(count)}`)).toBeVisible();
      await page.waitForTimeout(1500);
      await watchTasks(page);
      const shownMs = await page.evaluate(opened, `of-${String(count)}`);
      const allMs = await page.evaluate(allThere, count).catch(() => Number.NaN);
      const tasks = await longTasks(page);
      process.stdout.write(
        `${String(count)} messages: the end is shown after ${shownMs.toFixed(0)} ms; all are there ` +
          `${allMs.toFixed(0)} ms later; ${taskWords(tasks)}\n`,
      );
    }
});

/** Opens a conversation by its link. @returns the time until its last message was painted. Runs in the page. */
async function opened(id: string): Promise<number> {
  const begunMs = performance.now();
  const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
  location.hash = `#/c/${id}`;
  const last = () => {
    const articles = [...document.querySelectorAll("[role=log] article")].at(-1);
    return (articles?.querySelector("li") ?? null) !== null;
  };
  while (!last()) await frame();
  await frame();
  await frame();
  return performance.now() - begunMs;
}

/** @returns the time until all messages are on the page, at most 20 s. Runs in the page. */
async function allThere(count: number): Promise<number> {
  const begunMs = performance.now();
  const there = () => document.querySelectorAll("[role=log] article").length;
  while (there() < count) {
    if (performance.now() - begunMs > 20_000) return Number.NaN;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - begunMs;
}
