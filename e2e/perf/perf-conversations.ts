import { expect, type BrowserContext } from "@playwright/test";
import { addressOf, fatRowsFiles, isFile, type PerfModel } from "./report/perf-models.ts";
import { conversationOf } from "./report/perf-questions.ts";
import { STORED, type Stored } from "./report/perf-rows.ts";
import type { ChatMessage } from "../../src/protocol/engine-api.ts";
import { isQualityLevel } from "../../src/protocol/quality.ts";
import type { MeasureName } from "../../src/protocol/measures.ts";
import type { MessageRecord } from "../../src/protocol/store-api.ts";
import type { ChatPage } from "../pages/chat-page.ts";
import { saved } from "../pages/kv-chat.ts";
import { storeText } from "../pages/stored-records.ts";

/** The conversations that are kept in one profile. */
export interface Conversations {
  /** For each stored form, the part of the address that names its conversation. */
  hashes: Readonly<Record<Stored, string>>;
  /** The part of the address that names a short conversation, to which the page can go meanwhile. */
  elsewhere: string;
}

/** How long to wait for what a slow GPU computes and judges. */
const LONG = { timeout: 300_000, intervals: [100] };
/** How long no other form may have been stored, and how long to wait for that: judging a real model takes minutes. */
const QUIET_MS = 20_000;
const COMPRESSED = { timeout: 900_000, intervals: [1000] };

/** The options that all addresses here have in common. Rows of conversations that are not on screen leave the GPU. */
export const queryOf = (model: PerfModel, stored: Stored): string => {
  const quality = isQualityLevel(stored) ? stored : `balanced&storedAs=${stored}`;
  // The models of the tables that the README quotes run through WebGPU, also where that is software.
  const device = isFile(model) ? "" : "&device=gpu";
  return `?model=${addressOf(model)}&temperature=0&maxTokens=1&keepOnGpu=0&quality=${quality}${device}`;
};

/** Beginnings that differ, so that no conversation shares rows with another. */
const BEGINNINGS: Readonly<Record<Stored | "elsewhere", string>> = {
  exact: "Anna says:",
  balanced: "Ben says:",
  compact: "Finn says:",
  "static-f16": "Carl says:",
  "krul-f16": "Dora says:",
  int4: "Emil says:",
  elsewhere: "Hello!",
};

/**
 * Has the conversations, and waits until each is stored in its form.
 *
 * @param tokens of each of the long conversations, without the last answer. They fill whole chunks.
 */
export async function converse(
  chat: ChatPage,
  model: PerfModel,
  { tokens, stored = STORED }: { tokens: number; stored?: readonly Stored[] },
): Promise<Conversations> {
  await serveRandomModel(chat.page.context());
  const hashes = Object.fromEntries(STORED.map((one) => [one, ""])) as Record<Stored, string>;
  for (const one of stored) {
    await chat.page.goto("about:blank");
    await chat.goto(queryOf(model, one).replace("maxTokens=1", "maxTokens=8"));
    if (one === stored[0]) await chat.agree(LONG);
    await chat.ready();
    const messages = await conversationOf(model, tokens, BEGINNINGS[one]);
    hashes[one] = await hold(chat, `perf ${one}`, messages);
    await saved(chat);
    if (one !== "exact") await isCompressed(chat);
  }
  await chat.newConversation();
  await say(chat, BEGINNINGS.elsewhere);
  await saved(chat);
  return { hashes, elsewhere: new URL(chat.page.url()).hash };
}

/**
 * Serves the random model to a page that is visited for the first time. It downloads the model and has it from then
 * on. A context with a route has no HTTP cache, so nothing is measured in this one.
 */
async function serveRandomModel(context: BrowserContext): Promise<void> {
  await context.route("**/models/random-*/**", async (route) => {
    const name = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
    const body = (await fatRowsFiles()).get(name);
    await (body ? route.fulfill({ body: Buffer.from(body) }) : route.fulfill({ status: 404 }));
  });
}

/**
 * Stores a conversation and has its last question answered, as if it had been held here. @returns its part of the
 * address
 */
async function hold(chat: ChatPage, id: string, messages: readonly ChatMessage[]): Promise<string> {
  const records = messages.map(({ role, text }, i): MessageRecord => {
    const parentId = i === 0 ? null : `${id} ${i - 1}`;
    const record = { id: `${id} ${i}`, conversationId: id, parentId, text, createdAtMs: i + 1 };
    return { ...record, role: role === "user" ? role : "assistant", status: "complete" };
  });
  const headId = records.at(-1)?.id ?? null;
  const times = { createdAtMs: 1, updatedAtMs: records.length };
  const conversation = { id, title: id, headId, ...times };
  await storeText(chat.page, { conversation, messages: records });
  const hash = `#/c/${encodeURIComponent(id)}`;
  await chat.page.evaluate((to) => (location.hash = to), hash);
  await chat.regenerateButton.click();
  await measured(chat, "chat.decode", 1);
  return hash;
}

async function say(chat: ChatPage, text: string): Promise<void> {
  const known = (await chat.measures("chat.ttft")).length;
  await chat.send(text);
  await measured(chat, "chat.ttft", known + 1);
}

/**
 * Waits until the conversation is stored in the form that stays. A first form may be stored at once, and a better one
 * when it was judged, so nothing may have been stored for a while.
 */
async function isCompressed(chat: ChatPage): Promise<void> {
  const count = async () => (await chat.measures("kv.compress")).length;
  let [known, sinceMs] = [0, Date.now()];
  const isQuiet = async () => {
    const now = await count();
    if (now !== known) [known, sinceMs] = [now, Date.now()];
    return known > 0 && Date.now() - sinceMs > QUIET_MS;
  };
  await expect.poll(isQuiet, COMPRESSED).toBe(true);
}

async function measured(chat: ChatPage, name: MeasureName, times: number): Promise<void> {
  await expect.poll(async () => (await chat.measures(name)).length, LONG).toBe(times);
}
