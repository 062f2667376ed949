import { expect } from "@playwright/test";
import type { BenchRow } from "../../src/metrics/bench-rows.ts";
import type { QualityLevel, RestorationScheme } from "../../src/protocol/engine-api.ts";
import type { ChatPage } from "../pages/chat-page.ts";
import { PATIENCE, saved } from "../pages/kv-chat.ts";

export const ALL_SCHEMES: readonly RestorationScheme[] = ["recompute", "load", "cake", "auto"];

export interface ResumeCase {
  tokens: number;
  level: QualityLevel;
  schemes: readonly RestorationScheme[];
  /** What the store reads at most, in MB/s; undefined: as fast as it can. */
  readMBps?: number;
  rounds: number;
}

/** One reload, and an answer that is asked for as soon as there is a button for it. */
interface Sample {
  /** From the reload to the first token. */
  ttftMs: number;
  restoreMs: number;
  bytesRead: number;
  tokensRecomputed: number;
  bubbleRatio: number;
  predictedMs: number;
}

const MODEL = "?model=models/pip-4.7m/mlc-q0f16/&temperature=0&maxTokens=1";
/** Of one sentence of `talk`. */
const SENTENCE_TOKENS = 9;

/** Say so much at once that the conversation has about as many tokens, and wait until all is stored. */
export async function talk(chat: ChatPage, { tokens, level }: ResumeCase): Promise<void> {
  await chat.goto(`${MODEL}&quality=${level}`);
  await chat.ready();
  const sentences = Array.from(
    { length: Math.floor(tokens / SENTENCE_TOKENS) },
    (_, i) => `Friend ${i % 10} lives in a town.`,
  );
  await chat.send(sentences.join(" "));
  const prompts = async () => (await chat.prefills()).length;
  await expect.poll(prompts, { ...PATIENCE, timeout: 120_000 }).toBe(1);
  await saved(chat);
  if (level === "exact") return;
  const passes = async () => (await chat.measures("kv.compress")).length;
  await expect.poll(passes, { ...PATIENCE, timeout: 120_000 }).toBe(1);
}

/** Schemes in turns, so that what drifts hits all alike. @returns a row for each */
export async function measureResume(chat: ChatPage, asked: ResumeCase): Promise<BenchRow[]> {
  const samples = new Map(asked.schemes.map((scheme) => [scheme, [] as Sample[]]));
  for (let round = 0; round < asked.rounds; round++)
    for (const [scheme, all] of samples) all.push(await resume(chat, asked, scheme));
  return [...samples].map(([scheme, all]) => rowOf(asked, scheme, all));
}

async function resume(
  chat: ChatPage,
  { level, readMBps }: ResumeCase,
  scheme: RestorationScheme,
): Promise<Sample> {
  const throttle = readMBps === undefined ? "" : `&readMBps=${readMBps}&readLatencyMs=5`;
  const { hash } = new URL(chat.page.url());
  // Another document each time, also where only the query is the same.
  await chat.page.goto("about:blank");
  await chat.page.goto(`/${MODEL}&quality=${level}&restore=${scheme}${throttle}${hash}`);
  await chat.regenerateButton.click();
  const answered = async () => (await chat.measures("chat.ttft")).length;
  await expect.poll(answered, { ...PATIENCE, timeout: 120_000 }).toBe(1);
  const [ttft] = await chat.measures("chat.ttft");
  const [restore] = await chat.measures("kv.restore");
  if (!ttft || !restore) throw new Error("there was no restoration");
  const { bytesRead, recomputedTokens, bubbleRatio, predictedMs, reusedTokens } = restore.detail;
  expect(reusedTokens, "nothing was there before").toBe(0);
  const [prefill] = await chat.prefills();
  return {
    ttftMs: ttft.startTime + ttft.duration,
    restoreMs: restore.duration,
    bytesRead,
    tokensRecomputed: recomputedTokens + (prefill?.prefilledTokens ?? 0),
    bubbleRatio,
    predictedMs,
  };
}

function rowOf(
  { tokens, level, readMBps }: ResumeCase,
  scheme: RestorationScheme,
  samples: readonly Sample[],
): BenchRow {
  const of = (field: keyof Sample) => samples.map((sample) => sample[field]);
  const ttftMs = spread(of("ttftMs"));
  const restoreMs = spread(of("restoreMs"));
  const throttle = readMBps === undefined ? "none" : `${readMBps} MB/s`;
  return {
    name: `${tokens} tokens, ${level}, ${throttle}: ${scheme}, first token after a reload`,
    value: ttftMs.median,
    unit: "ms",
    model: "pip-4.7m",
    scheme,
    codec: level,
    tokens,
    start: "cold",
    throttle,
    ttftMs: ttftMs.median,
    ttftMinMs: ttftMs.min,
    ttftMaxMs: ttftMs.max,
    n: samples.length,
    restoreMs: restoreMs.median,
    restoreMinMs: restoreMs.min,
    restoreMaxMs: restoreMs.max,
    bytesRead: spread(of("bytesRead")).median,
    tokensRecomputed: spread(of("tokensRecomputed")).median,
    bubbleRatio: Number(spread(of("bubbleRatio")).median.toFixed(3)),
    predictedMs: spread(of("predictedMs")).median,
  };
}

function spread(values: readonly number[]): { median: number; min: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => Math.round((sorted[index] ?? NaN) * 1000) / 1000;
  return { median: at(Math.floor(sorted.length / 2)), min: at(0), max: at(sorted.length - 1) };
}
