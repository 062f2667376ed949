import { expect } from "@playwright/test";
import { ChatPage } from "../../../e2e/pages/chat-page.ts";
import { saved } from "../../../e2e/pages/kv-chat.ts";
import { storeText } from "../../../e2e/pages/stored-records.ts";
import type { ChatMessage } from "../../../src/protocol/engine-api.ts";
import type { MeasureName } from "../../../src/protocol/measures.ts";
import type { MessageRecord } from "../../../src/protocol/store-api.ts";
import { LONG_CHAT, MIDDLE_CHAT, NEXT_QUESTION, SHORT_CHAT } from "./compared-chats.ts";
import { MeasuredBrowser } from "./measured-browser.ts";
import { perSecond, type Sample } from "./samples.ts";

const MIB = 2 ** 20;
const PATIENCE = { timeout: 300_000, intervals: [50] };

/** Measures this project's page once, in a browser of its own. @param address the page, with its options */
export async function measureRekindle(address: string): Promise<Sample> {
  const browser = await MeasuredBrowser.start();
  try {
    const first = new ChatPage(browser.page);
    await first.page.goto(address);
    await agree(first);
    const loadMs = await durationOf(first, "model.load");
    await browser.restart();
    const mostMemory = browser.watchMemory();
    const chat = new ChatPage(browser.page);
    await chat.page.goto(address);
    await agree(chat);
    const short = await hold(chat, "short", SHORT_CHAT);
    const middle = await hold(chat, "middle", MIDDLE_CHAT);
    const long = await hold(chat, "long", LONG_CHAT);
    await saved(chat);
    const after = await comeBack(chat);
    return {
      loadMs,
      prefillShort: short.prefill,
      prefillMiddle: middle.prefill,
      prefillLong: long.prefill,
      decodeShort: short.decode,
      decodeWhileSaving: long.decode,
      ...after,
      memoryMiB: mostMemory() / MIB,
      tokens: { short: short.tokens, middle: middle.tokens, long: long.tokens },
    };
  } finally {
    await browser.close();
  }
}

/** Says yes to the questions about the model, and waits until it is loaded. */
async function agree(chat: ChatPage): Promise<void> {
  const isReady = async () => {
    await refuseAlert(chat);
    if (await chat.downloadButton.isVisible()) await chat.downloadButton.click();
    return (await chat.measures("model.load")).length > 0;
  };
  await expect.poll(isReady, PATIENCE).toBe(true);
}

/** Stores a conversation and has its last question answered, as if it had been held here. */
async function hold(chat: ChatPage, id: string, messages: readonly ChatMessage[]) {
  const records = messages.map(({ role, text }, i): MessageRecord => ({
    id: `${id} ${i}`,
    conversationId: id,
    parentId: i === 0 ? null : `${id} ${i - 1}`,
    role: role === "user" ? "user" : "assistant",
    text,
    status: "complete",
    createdAtMs: i + 1,
  }));
  const times = { createdAtMs: 1, updatedAtMs: records.length };
  const conversation = { id, title: id, headId: records.at(-1)?.id ?? null, ...times };
  await storeText(chat.page, { conversation, messages: records });
  const known = (await chat.measures("chat.decode")).length;
  await chat.page.evaluate((to) => (location.hash = to), `#/c/${id}`);
  await chat.regenerateButton.click();
  await measured(chat, "chat.decode", known + 1);
  const [prefill] = (await chat.measures("chat.prefill")).slice(-1);
  const [decode] = (await chat.measures("chat.decode")).slice(-1);
  if (!prefill || !decode) throw new Error("there was no answer");
  const { prefilledTokens, promptTokens } = prefill.detail;
  return {
    prefill: perSecond(prefilledTokens, prefill.duration),
    decode: perSecond(1, decode.detail.tpotMs),
    tokens: promptTokens,
  };
}

/** Reloads the page, and sends a message as soon as the conversation is there. */
async function comeBack(chat: ChatPage) {
  await chat.page.reload({ waitUntil: "commit" });
  await chat.input.fill(NEXT_QUESTION);
  await expect.poll(() => chat.sendButton.isEnabled(), PATIENCE).toBe(true);
  await chat.input.press("Enter");
  await measured(chat, "chat.ttft", 1);
  await measured(chat, "chat.decode", 1);
  const [ttft] = await chat.measures("chat.ttft");
  const [load] = await chat.measures("model.load");
  const [prefill] = await chat.prefills();
  const [decode] = await chat.measures("chat.decode");
  if (!ttft || !load || !prefill || !decode)
    throw new Error("there was no answer after the reload");
  return {
    cachedReadyMs: load.startTime + load.duration,
    afterReloadMs: ttft.startTime + ttft.duration,
    ranAfterReload: prefill.prefilledTokens,
    decodeLong: perSecond(1, decode.detail.tpotMs),
  };
}

async function durationOf(chat: ChatPage, name: MeasureName): Promise<number> {
  const [measure] = await chat.measures(name);
  if (!measure) throw new Error(`there is no measure ${name}`);
  return measure.duration;
}

async function measured(chat: ChatPage, name: MeasureName, times: number): Promise<void> {
  // The page looks by itself, and seldom: looking takes the same cores as the model.
  const hasHappened = ([of, count]: readonly [string, number]) =>
    performance.getEntriesByName(of, "measure").length >= count;
  const waiting = { polling: 200, timeout: PATIENCE.timeout };
  try {
    await chat.page.waitForFunction(hasHappened, [name, times] as const, waiting);
  } catch (error) {
    await refuseAlert(chat);
    throw error;
  }
}

async function refuseAlert(chat: ChatPage): Promise<void> {
  if (await chat.alert.isVisible()) throw new Error(await chat.alert.innerText());
}
