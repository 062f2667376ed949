import { expect, test, vi } from "vitest";
import type { EngineMeasure, MeasureDetails } from "../../protocol/measures.ts";
import { ContextUse } from "./context-use.ts";

const run = { runId: "r", conversationId: "c" };

const prefill = (promptTokens: number, prefilledTokens: number, ms: number): EngineMeasure => ({
  name: "chat.prefill",
  startEpochMs: 1000,
  endEpochMs: 1000 + ms,
  detail: { ...run, promptTokens, prefilledTokens, reusedTokens: promptTokens - prefilledTokens },
});

const decode = (generatedTokens: number): EngineMeasure => ({
  name: "chat.decode",
  startEpochMs: 0,
  endEpochMs: 1,
  detail: { ...run, generatedTokens, tpotMs: 1 },
});

const restore = (fields: Partial<MeasureDetails["kv.restore"]>): EngineMeasure => ({
  name: "kv.restore",
  startEpochMs: 0,
  endEpochMs: 200,
  detail: {
    ...{
      conversationId: "c",
      tokens: 100,
      reusedTokens: 0,
      loadedTokens: 0,
      recomputedTokens: 100,
    },
    ...{ bytesRead: 0, refusedChunks: 0, loadMs: 0, codec: "", strategy: "none", scheme: "auto" },
    ...{ predictedMs: 0, makespanMs: 0, bubbleRatio: 0, decoded: [], timeline: [] },
    ...fields,
  },
});

test("a conversation has the tokens of its last prompt and of the answer, or of its restoration", () => {
  const use = new ContextUse();
  const told = vi.fn();
  use.subscribe(told);
  expect(use.tokensOf("c")).toBeUndefined();
  use.measured(prefill(50, 50, 100));
  expect(use.isGrowing("c")).toBe(true);
  use.measured(decode(7));
  expect(use.tokensOf("c")).toBe(57);
  expect(use.isGrowing("c")).toBe(false);
  expect(told).toHaveBeenCalledTimes(2);
  use.measured(restore({ tokens: 40 }));
  expect(use.tokensOf("c")).toBe(40);
  expect(use.tokensOf("d")).toBeUndefined();
});

test("a prompt that is counted only after its answer has about as many tokens as the engine says before", () => {
  const use = new ContextUse();
  const begun = { work: "prompt", conversationId: "c", doneTokens: 0 } as const;
  use.progressed(begun);
  expect(use.tokensOf("c")).toBeUndefined();
  use.progressed({ ...begun, totalTokens: 20, promptTokens: 80 });
  expect([use.tokensOf("c"), use.isGrowing("c")]).toEqual([80, true]);
  use.measured(prefill(75, 15, 100));
  use.measured(decode(7));
  expect([use.tokensOf("c"), use.isGrowing("c")]).toEqual([82, false]);
});

test("reading is as fast as it was last, where enough was read and nothing was loaded", () => {
  const use = new ContextUse();
  use.measured(prefill(50, 5, 100));
  use.measured(restore({ loadedTokens: 50, recomputedTokens: 50 }));
  expect(use.msPerToken()).toBeUndefined();
  use.measured(prefill(50, 50, 100));
  expect(use.msPerToken()).toBe(2);
  use.measured(restore({ recomputedTokens: 100 }));
  expect(use.msPerToken()).toBe(2);
  use.forget();
  expect([use.tokensOf("c"), use.msPerToken()]).toEqual([undefined, undefined]);
});
