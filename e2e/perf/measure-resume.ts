import { expect } from "@playwright/test";
import { spreadOf, type PerfRow } from "./report/perf-rows.ts";
import type { PerfModel } from "./report/perf-models.ts";
import type { ChatPage, PageMeasure } from "../pages/chat-page.ts";
import { conversationId, PATIENCE, restored } from "../pages/kv-chat.ts";
import { answerAtOnce } from "./answer-at-once.ts";
import { throttleQuery, type PerfCase, type Visit } from "./perf-cases.ts";
import { queryOf, type Conversations } from "./perf-conversations.ts";

/** One answer that was asked for as soon as there was a button for it. Times count from the reload or the switch. */
interface Sample extends Omit<
  PerfRow,
  "model" | "scheme" | "codec" | "tokens" | "start" | "throttle" | "ttftMs"
> {
  ttftMs: number;
  /** The codecs of the rows that were loaded. */
  loaded: readonly string[];
}

/**
 * How many visits come before the measured ones. After them, what the page knows of the speed of store and GPU is
 * what it is under this throttle.
 */
const SETTLING_ROUNDS = 3;
const SETTLING: readonly Visit["scheme"][] = ["auto", "load"];

/**
 * The most tokens that the template adds, both at the beginning that all conversations share and behind the
 * conversation in a turn's prompt. When a turn runs more tokens, the restoration has left them to it.
 */
const TEMPLATE_TOKENS = 16;

const ANSWERED = { ...PATIENCE, timeout: 300_000 };

/**
 * Measures all ways in turns, so that a drift of the machine hits them alike. @returns a row for each way and start
 */
export async function measureResume(
  chat: ChatPage,
  asked: PerfCase,
  conversations: Conversations,
): Promise<PerfRow[]> {
  const samples = asked.visits.map((visit) => ({
    visit,
    cold: [] as Sample[],
    warm: [] as Sample[],
  }));
  const rounds = Math.max(...asked.visits.map((visit) => visit.rounds));
  for (let round = 0; round < rounds; round++)
    for (const { visit, cold, warm } of samples) {
      if (round >= visit.rounds) continue;
      cold.push(await reload(chat, { ...asked, ...visit }, conversations));
      if (visit.starts.includes("warm"))
        warm.push(await switchBack(chat, conversations.hashes[visit.stored], conversations));
    }
  return samples.flatMap(({ visit, ...taken }) =>
    visit.starts.map((start) => rowOf({ ...asked, ...visit, start }, taken[start])),
  );
}

/** Lets the page learn how fast store and GPU are. */
export async function settle(
  chat: ChatPage,
  asked: PerfCase,
  conversations: Conversations,
): Promise<void> {
  for (let round = 0; round < SETTLING_ROUNDS; round++) {
    const scheme = SETTLING[round % SETTLING.length] ?? "auto";
    await reload(chat, { ...asked, stored: "exact", scheme }, conversations);
  }
}

async function reload(
  chat: ChatPage,
  { model, throttle, stored, scheme }: PerfCase & Pick<Visit, "stored" | "scheme">,
  { hashes }: Conversations,
): Promise<Sample> {
  const query = `${queryOf(model, stored)}&restore=${scheme}${throttleQuery(model, throttle)}`;
  // The page leaves the document first, so that it is a new one each time, even where the address stays the same.
  await chat.page.goto("about:blank");
  await chat.page.goto(`/${query}${hashes[stored]}`, { waitUntil: "commit" });
  await chat.page.evaluate(answerAtOnce, null);
  return sample(chat, 0);
}

/** Goes to the other conversation, and from there, with the engine loaded, to the one that is measured. */
async function switchBack(
  chat: ChatPage,
  hash: string,
  { elsewhere }: Conversations,
): Promise<Sample> {
  const known = (await chat.measures("kv.restore")).length;
  await chat.page.evaluate((other) => (location.hash = other), elsewhere);
  await restored(chat, known);
  return sample(chat, await chat.page.evaluate(answerAtOnce, hash));
}

/**
 * What was measured of an answer that was asked for at once. A restoration leaves to the turn the tokens that it
 * has not come to; computing these counts as part of the restoration.
 *
 * @param startMs when the visit began, on the page's clock
 */
async function sample(chat: ChatPage, startMs: number): Promise<Sample> {
  const id = conversationId(chat);
  const since = <Measure extends PageMeasure<"kv.restore" | "chat.prefill" | "chat.ttft">>(
    all: readonly Measure[],
  ) => all.filter((one) => one.startTime >= startMs && one.detail.conversationId === id);
  const answers = async () => {
    if (await chat.alert.isVisible()) throw new Error(await chat.alert.innerText());
    return since(await chat.measures("chat.ttft"));
  };
  await expect.poll(async () => (await answers()).length, ANSWERED).toBe(1);
  const [ttft] = await answers();
  const [prefill] = since(await chat.measures("chat.prefill"));
  const restores = since(await chat.measures("kv.restore"));
  const [first] = restores;
  if (!ttft || !prefill || !first) throw new Error("there was no restoration");
  expect(first.detail.reusedTokens, "nothing was there before").toBeLessThan(TEMPLATE_TOKENS);
  const sum = (of: (restore: PageMeasure<"kv.restore">) => number) =>
    restores.reduce((total, restore) => total + of(restore), 0);
  const { prefilledTokens } = prefill.detail;
  const isLeft = prefilledTokens > TEMPLATE_TOKENS;
  // The page has the conversation restored when it opens it, and so before the turn asks for that.
  const working = restores.filter(
    ({ detail }) => detail.loadedTokens + detail.recomputedTokens > 0,
  );
  const lastRowMs = isLeft ? endOf(prefill) : Math.max(...working.map(endOf));
  const isWhole = working.length === 1 && !isLeft;
  return {
    ttftMs: endOf(ttft) - startMs,
    readyMs: lastRowMs - startMs,
    bytesRead: sum(({ detail }) => detail.bytesRead),
    tokensRecomputed: sum(({ detail }) => detail.recomputedTokens) + (isLeft ? prefilledTokens : 0),
    bubbleRatio: first.detail.bubbleRatio,
    predictedMs: first.detail.predictedMs,
    makespanMs: isWhole ? first.detail.makespanMs : lastRowMs - first.startTime,
    loaded: restores.flatMap(({ detail }) => detail.codec.split(" + ")).filter(Boolean),
  };
}

const endOf = ({ startTime, duration }: { startTime: number; duration: number }): number =>
  startTime + duration;

interface Way extends Pick<PerfRow, "tokens" | "start"> {
  model: PerfModel;
  throttle: string;
  stored: string;
  scheme: string;
}

function rowOf({ stored, ...way }: Way, samples: readonly Sample[]): PerfRow {
  const loaded = [...new Set(samples.flatMap((sample) => sample.loaded.map(shortName)))].toSorted();
  const median = (of: (sample: Sample) => number) => spreadOf(samples.map(of)).median;
  const { model, scheme, tokens, start, throttle } = way;
  return {
    model,
    scheme,
    codec: [stored, ...(loaded.length > 0 ? [loaded.join(" + ")] : [])].join(": "),
    tokens,
    start,
    throttle,
    readyMs: median(({ readyMs }) => readyMs),
    ttftMs: spreadOf(samples.map(({ ttftMs }) => ttftMs)),
    bytesRead: median(({ bytesRead }) => bytesRead),
    tokensRecomputed: median(({ tokensRecomputed }) => tokensRecomputed),
    bubbleRatio: Number(median(({ bubbleRatio }) => bubbleRatio * 1000).toFixed(0)) / 1000,
    predictedMs: median(({ predictedMs }) => predictedMs),
    makespanMs: median(({ makespanMs }) => makespanMs),
  };
}

/** The name of a codec, without how its scales are laid out. */
const shortName = (codec: string): string => codec.replace(/-(hadamard|unrope|k-channel).*/, "");

/** The adapter and the browser as a report names them. The page must have loaded a model. */
export async function browserOf(chat: ChatPage): Promise<{ adapter: string; browser: string }> {
  const [load] = await chat.measures("model.load");
  const version = chat.page.context().browser()?.version() ?? "";
  return { adapter: load?.detail.adapter ?? "unknown", browser: `Chromium ${version}`.trim() };
}
