import { expect, test } from "vitest";
import type { EngineStatus, ModelInfo } from "../../protocol/engine-api.ts";
import type { EngineProgress } from "../../protocol/engine-progress.ts";
import { waitingFor } from "./waiting.ts";

const url = "https://example.test/model/";
const model = { url, name: "M", device: "gpu" } as ModelInfo;
const ready: EngineStatus = { phase: "ready", model };
const conversationId = "c";
const tokens = { conversationId, doneTokens: 512, totalTokens: 1664 };
const wordsOf = (progress: EngineProgress) => {
  const { phase, detail } = waitingFor(ready, progress, undefined);
  return [phase, detail];
};

test("loading says what, how much of how much, and how long about", () => {
  const loading = { phase: "loading", url, loadedBytes: 4_120_000, totalBytes: 9_348_480 } as const;
  expect(waitingFor({ ...loading, remainingMs: 11_400 }, undefined, "M")).toEqual({
    phase: "Loading M",
    detail: "4.1 of 9.3 MB, about 12 s left",
    bar: { value: 4_120_000, max: 9_348_480 },
  });
  expect(waitingFor(loading, undefined, undefined).detail).toBe("4.1 of 9.3 MB");
  const begun = { ...loading, loadedBytes: 0, totalBytes: 0 };
  expect(waitingFor(begun, undefined, undefined)).toMatchObject({ phase: "Loading the model" });
  expect(waitingFor(begun, undefined, undefined).detail).toBeUndefined();
});

test("what is brought back says where it comes from", () => {
  const restoring = { work: "restore", ...tokens, remainingMs: 300 } as const;
  const phases = (["store", "computing", "both"] as const).map((from) => {
    const [phase, detail] = wordsOf({ ...restoring, from });
    expect(detail).toBe("512 of 1,664 tokens");
    return phase;
  });
  expect(phases[0]).toContain("from storage");
  expect(phases[1]).toContain("again");
  expect(new Set(phases).size).toBe(3);
});

test("a prompt says how far it is, and what is done is nothing to wait for", () => {
  expect(wordsOf({ work: "prompt", ...tokens, remainingMs: 2100 })).toEqual([
    "Reading the prompt",
    "512 of 1,664 tokens, about 3 s left",
  ]);
  expect(wordsOf({ work: "prompt", conversationId, doneTokens: 0 })).toEqual([
    "Reading the prompt",
    undefined,
  ]);
  expect(wordsOf({ work: "prompt", ...tokens, doneTokens: 1664 })).toEqual([undefined, undefined]);
});

test("an answer has a speed, once there is one, and no phase of its own", () => {
  const answering = { work: "answer", conversationId } as const;
  expect(wordsOf({ ...answering, generatedTokens: 40, tokensPerS: 31.54 })).toEqual([
    undefined,
    "31.5 tokens/s",
  ]);
  expect(wordsOf({ ...answering, generatedTokens: 2, tokensPerS: 900 })[1]).toBeUndefined();
});
