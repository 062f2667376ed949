import { expect } from "@playwright/test";
import type { ChatPage } from "./pages/chat-page.ts";
import { test } from "./pages/kept-test.ts";
import { compressed, restored, saved, storedBytes } from "./pages/kv-chat.ts";
import { EMBEDDED, EXACT, FEWEST_BYTES, LONG, READS_ALL, STORY } from "./pages/pip.ts";

/** How many tokens the template puts between the last token of a reply and the next message. */
const TEMPLATE_TOKENS = 2;
/** Bytes of a token's rows in f16: Pip has 12 layers of K and V with two heads of 32 each. */
const TOKEN_BYTES = 3072;
const CHUNK_TOKENS = 128;

/** Messages that tell a name and go on until it has left the recent window. */
const MESSAGES = ["Hi, my name is Bella.", LONG, STORY];

async function talk(chat: ChatPage): Promise<void> {
  for (const message of MESSAGES) await chat.ask(message);
}

test("a conversation that nobody chose a level for resumes from fewer bytes", async ({
  profile,
}) => {
  const chat = await profile.start();
  await chat.goto(`${EMBEDDED}&${READS_ALL}&${FEWEST_BYTES}`);
  await talk(chat);
  const passes = await compressed(chat);
  const coded = passes.reduce((sum, { chunks }) => sum + chunks, 0);
  for (const { level, codec, failure, meanKl, bytesBefore, bytesAfter } of passes) {
    expect({ level, failure }).toEqual({ level: "balanced", failure: undefined });
    expect(codec).toMatch(/^transform-\d+-rans$/);
    expect(meanKl).toBeLessThanOrEqual(0.005);
    expect(bytesAfter * 8).toBeLessThan(bytesBefore);
  }
  const resident = await saved(chat);
  expect(await storedBytes(chat)).toBeLessThan(
    (resident - coded * CHUNK_TOKENS * 0.85) * TOKEN_BYTES,
  );

  await chat.reload();
  const restore = await restored(chat);
  expect(restore).toMatchObject({ reusedTokens: 0, refusedChunks: 0, strategy: "transform" });
  expect(restore.codec).toMatch(/^(int8-\S+|transform-\d+-rans) \+ transform-\d+-rans$/);
  expect(restore.recomputedTokens).toBeLessThanOrEqual(TEMPLATE_TOKENS);
  expect(restore.bytesRead).toBe(await storedBytes(chat));
  expect(await chat.ask("What is my name?")).toContain("Bella");
  const prefill = (await chat.prefills()).at(-1);
  expect(prefill?.reusedTokens).toBe(restore.tokens);
});

test("one that is to stay exact does, and one that no longer is does not", async ({
  profile,
  fresh,
}) => {
  const chat = await profile.start();
  await chat.goto(EXACT);
  await talk(chat);
  const resident = await saved(chat);
  expect(await storedBytes(chat)).toBeGreaterThanOrEqual(resident * TOKEN_BYTES);
  const address = chat.page.url();
  await chat.reload();
  const restore = await restored(chat);
  expect(restore).toMatchObject({ codec: "f16", loadedTokens: resident });
  const [turn] = (await fresh.talk([...MESSAGES, "What is my name?"])).slice(-1);
  expect(await chat.ask("What is my name?")).toBe(turn?.answer);
  expect(await chat.measures("kv.compress")).toEqual([]);

  await chat.page.goto(address.replace("quality=exact", "quality=compact"));
  expect((await restored(chat)).recomputedTokens).toBeLessThanOrEqual(TEMPLATE_TOKENS);
  await chat.ask("Thank you!");
  const [pass] = await compressed(chat);
  expect(pass).toMatchObject({ level: "compact" });
  expect(pass?.failure).toBeUndefined();
});
