import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { test } from "./pages/kept-test.ts";
import { restored, saved } from "./pages/kv-chat.ts";
import { FEWEST_BYTES, GREEDY, LONG, READS_ALL, STORY } from "./pages/pip.ts";
import { learnedRecords } from "./pages/stored-records.ts";

/** A model without a basis of its own, and so few tokens of an answer that most of the time goes to learning one. */
const ADDRESS = `${GREEDY}&${READS_ALL}&${FEWEST_BYTES}&maxTokens=24`;
/** How long a basis may take to be learned, and rows to be coded in it, beside other tests. */
const LEARNED = { timeout: 120_000, intervals: [200] };
/** The template's end of a reply, which the next turn has to run again. */
const TEMPLATE_TOKENS = 4;

const strategies = async (chat: ChatPage): Promise<string[]> =>
  (await chat.measures("kv.compress")).map(({ detail }) => detail.strategy);

test("a basis that was learned outlasts a reload, and goes with the caches", async ({
  profile,
}) => {
  test.setTimeout(240_000);
  const chat = await profile.start();
  await chat.goto(ADDRESS);
  for (const message of ["Hi, my name is Bella.", LONG, STORY]) await chat.ask(message);
  await expect.poll(() => strategies(chat), LEARNED).toContain("transform");
  expect(await chat.measures("kv.learn")).not.toHaveLength(0);
  await saved(chat);
  const learned = await learnedRecords(chat.page);
  expect(learned.some((name) => name.startsWith("transform basis"))).toBe(true);

  await test.step("after a reload, rows come back from it", async () => {
    await chat.reload();
    const restore = await restored(chat);
    expect(restore).toMatchObject({ refusedChunks: 0, strategy: "transform" });
    expect(restore.recomputedTokens).toBeLessThanOrEqual(TEMPLATE_TOKENS);
    expect(await chat.ask("What is my name?")).toContain("Bella");
    expect((await chat.prefills()).at(-1)?.reusedTokens).toBe(restore.tokens);
  });

  await test.step("it is cleared with the rows, and the text stays", async () => {
    await chat.openStorage();
    await chat.storage.getByRole("button", { name: "Clear all caches" }).click();
    await expect.poll(() => chat.usedBytes()).toBe(0);
    await chat.closeStorage();
    expect(await learnedRecords(chat.page)).toEqual([]);
    await expect(chat.questions).toHaveCount(4);
  });

  await test.step("without it, conversations begin and go on", async () => {
    await chat.reload();
    await expect(chat.questions).toHaveCount(4);
    expect(await chat.ask("What is my name?")).toContain("Bella");
    await chat.newConversation();
    expect(await chat.ask("Hi, my name is Nina.")).not.toBe("");
    await saved(chat);
    await expect(chat.alert).toHaveCount(0);
  });
});
