/**
 * @file `npm run real -- [FILE.gguf]`: answers, reloads and recall of a real model, beside the model that ships with
 * the page. scripts/real/run.ts starts it and prints what it records.
 */

import { inject, test } from "vitest";
import type { EngineOptions } from "../../engine/create-engine.ts";
import { TestEngine, unwrap } from "../../engine/testing/engine-testing.ts";
import { RECALL_CONVERSATIONS } from "../../engine/testing/recall-testing.ts";
import { deviceTest } from "../../device/testing.ts";
import { recordRow } from "../../metrics/bench-rows.ts";
import { loadTestModel, PROJECT_ORIGIN } from "../../model/testing.ts";
import type { StoreApi } from "../../protocol/store-api.ts";
import { createStore } from "../../store/create-store.ts";
import { ROWS_SO_FAR } from "./rows-so-far.ts";
import { timeCoding, type CodingTimes } from "./coding-times.ts";
import { compareForced } from "./forced-tokens.ts";
import { askQuestions, type AskedQuestion, type TimedAnswer } from "./real-questions.ts";
import { sumRecalls, type RecallSums } from "./recall-sums.ts";
import { compareAnswer, SMOLLM2_REFERENCE, type ReferenceTurn } from "./reference-answers.ts";

const PIP = `${PROJECT_ORIGIN}/models/pip-4.7m/mlc-q0f16/`;
/** Tokens that end an answer of SmolLM2's. */
const END_IDS: ReadonlySet<number> = new Set([0, 2]);

const { address, name, isReference, conversations, device } = inject("realModel");

type Task = Parameters<typeof recordRow>[0];
type Row = (what: string, value: number, unit: string, more?: Record<string, string>) => void;

const rowsOf =
  (task: Task, model: string): Row =>
  (what, value, unit, more = {}) => {
    recordRow(task, { name: `${model}: ${what}`, value, unit, ...more });
  };

const THREAD = new URL("../../../workers/processor-thread.worker.ts", import.meta.url);

const startThread: EngineOptions["startThread"] = (first, onFail) => {
  const worker = new Worker(THREAD, { type: "module" });
  worker.onerror = ({ message }) => {
    onFail(message);
  };
  worker.postMessage(first);
  return worker;
};

/** An engine with the model of this address. On the processor it has as many threads as a page would. */
const start = (store: StoreApi, url: string): Promise<TestEngine> =>
  TestEngine.start(store, url, { device, startThread });

async function emptyStore(): Promise<StoreApi> {
  const store = createStore();
  unwrap(await store.clearKv());
  return store;
}

test("five questions, and their follow-ups before and after a reload", async ({ task }) => {
  const row = rowsOf(task, name);
  const store = await emptyStore();
  const uninterrupted = await start(store, address);
  row("first load", uninterrupted.tookMs("model.load"), "ms");
  const { questions } = SMOLLM2_REFERENCE;
  const asked = await askQuestions(questions, {
    uninterrupted,
    async reload() {
      const resuming = await start(store, address);
      row("load after a reload", resuming.tookMs("model.load"), "ms");
      return resuming;
    },
  });
  for (const [i, answers] of asked.entries()) recordAnswers(row, i, answers);
  recordSpeed(row, asked, uninterrupted);
  unwrap(await store.clearKv());
});

function recordAnswers(
  row: Row,
  i: number,
  { first, followUp, retold, resumed, ...rest }: AskedQuestion,
) {
  const { question, followUp: asked, turn1, turn2 } = SMOLLM2_REFERENCE.questions[i] ?? {};
  if (!question || !asked || !turn1 || !turn2) return;
  const { restored, restoreMs } = rest;
  recordSame(row, question, first, turn1);
  recordSame(row, asked, retold ?? followUp, turn2);
  const isSame = String(resumed.summary.tokens?.ids) === String(followUp.summary.tokens?.ids);
  row(`"${asked}" after a reload, the same answer`, Number(isSame), "of 1");
  row("  history that was loaded", restored.loadedTokens, "tokens");
  row("  history that was computed again", restored.recomputedTokens, "tokens");
  row("  tokens that the turn ran", resumed.summary.prefilledTokens, "tokens");
  row("  restoration", restoreMs, "ms");
}

/** Says what was answered and, where there is a reference for this file, whether it is the reference's answer. */
function recordSame(row: Row, question: string, answer: TimedAnswer, turn: ReferenceTurn): void {
  const { summary, ttftMs } = answer;
  row(`"${question}", first token`, ttftMs, "ms", { answer: summary.text });
  if (!isReference) return;
  const { same, compared } = compareAnswer(summary.tokens?.ids ?? [], turn, END_IDS);
  row("  tokens as in the reference", same, `of ${compared}`);
  row("  tokens of the prompt", summary.promptTokens, `of ${turn.promptIds.length}`);
}

function recordSpeed(row: Row, asked: readonly AskedQuestion[], engine: TestEngine): void {
  const answers = asked.flatMap(({ first, followUp }) => [first, followUp]);
  const paces = answers.map(({ tpotMs }) => tpotMs).filter((ms) => ms > 0);
  row("decode", 1000 / median(paces), "tokens/s");
  const prefills = answers.map(({ summary, ttftMs }) => (1000 * summary.prefilledTokens) / ttftMs);
  row("prefill, with the first token", median(prefills), "tokens/s");
  const persisted = engine.measured("kv.persist").filter(({ tokens }) => tokens > 0);
  const sum = (of: (one: (typeof persisted)[number]) => number) =>
    persisted.reduce((total, one) => total + of(one), 0);
  row(
    "exact rows, shared beginnings once",
    sum((one) => one.bytesWritten) / sum((one) => one.tokens),
    "B/token",
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

deviceTest(
  "the likeliest tokens of a conversation",
  { timeout: 3_600_000 },
  async ({ hardware, task }) => {
    if (!isReference) return;
    const { forced } = SMOLLM2_REFERENCE;
    const { transformer } = await loadTestModel(hardware, address, {
      fetchFile: (...request) => fetch(...request),
      contextTokens: 1024,
    });
    const report = await compareForced(transformer, forced);
    const row = rowsOf(task, name);
    row("likeliest token as in the reference", report.same, `of ${report.positions}`);
    row("  of the others, not near-ties", report.wrong, "positions");
    row("  near-ties", report.nearTies, "positions");
    row("mean negative log probability", report.meanNegLogProb, "nats");
    row("  of the reference", forced.meanNegLogProb, "nats");
  },
);

test.for([
  ["what balanced chooses", undefined],
  ["the fewest bytes", "fewest-bytes"],
] as const)("how long it takes until rows are stored as %s", async ([what, storedAs], { task }) => {
  const store = await emptyStore();
  const times = await timeCoding(await start(store, address), storedAs);
  recordCoding(rowsOf(task, name), what, times);
  unwrap(await store.clearKv());
});

function recordCoding(row: Row, what: string, times: CodingTimes): void {
  const { tokens, prefillMs, safeMs, learnedMs, betterMs, codec, tried, ratio, heldBytes } = times;
  const each = (ms: number) => (1000 * ms) / tokens;
  row(`${what}, prefill of 1,000 tokens`, each(prefillMs), "ms", { tokens: String(tokens) });
  row("  from the answer's end to a safe form, for 1,000 tokens", each(safeMs), "ms");
  if (learnedMs !== undefined) row("  to a basis, once for the model", learnedMs, "ms");
  const afterBasisMs = betterMs - (learnedMs ?? 0);
  row(`  to ${codec}, for 1,000 tokens`, each(afterBasisMs), "ms", { judged: String(tried) });
  row("  its chunks smaller than f16", ratio, "times");
  row("  held beside the cache meanwhile", heldBytes / 2 ** 20, "MiB");
}

test.for([
  [name, address],
  ["pip-4.7m", PIP],
] as const)(
  "recall conversations of %s, before and after a reload",
  async ([model, url], { task, annotate }) => {
    if (conversations === 0) return;
    const store = await emptyStore();
    const engines = { uninterrupted: await start(store, url), resuming: await start(store, url) };
    const sums = await sumRecalls(RECALL_CONVERSATIONS.slice(0, conversations), {
      engines,
      quality: "balanced",
      // Sixty conversations take long. Whoever waits sees what came of those that are done.
      async onSums(soFar) {
        const done: Parameters<typeof recordRow>[0] = { meta: {} };
        recordRecall(rowsOf(done, model), soFar);
        await annotate(JSON.stringify(done.meta.rows), ROWS_SO_FAR);
      },
    });
    recordRecall(rowsOf(task, model), sums);
    unwrap(await store.clearKv());
  },
);

function recordRecall(row: Row, sums: RecallSums): void {
  const of = `of ${sums.conversations}`;
  row("fact recalled, uninterrupted", sums.recalledBefore, of);
  row("fact recalled, after a reload", sums.recalledAfter, of);
  row("same answer after a reload", sums.same, of);
  row("history loaded, not computed again", sums.loadedTokens / sums.historyTokens, "share");
  const { coded, forms } = sums;
  if (coded.tokens > 0) row("balanced rows", coded.bytesAfter / coded.tokens, "B/token");
  for (const [form, { tokens, bytes, taken }] of forms)
    row(`  ${form}, taken ${taken} times`, bytes / tokens, "B/token");
}
