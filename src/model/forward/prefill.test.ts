import { describe, expect, test } from "vitest";
import type { IndexRange } from "../../shared/index-range.ts";
import { nextStepTokens, prefill } from "./prefill.ts";
import type { StepOutput } from "./transformer.ts";

describe("nextStepTokens", () => {
  test.each([
    { why: "a short step doubles", tokens: 64, elapsedMs: 50, next: 128 },
    { why: "one of the right length stays", tokens: 64, elapsedMs: 51, next: 64 },
    { why: "up to twice the target it stays", tokens: 64, elapsedMs: 200, next: 64 },
    { why: "a long one halves", tokens: 64, elapsedMs: 201, next: 32 },
    { why: "never above the most", tokens: 512, elapsedMs: 1, next: 512 },
    { why: "never below the least", tokens: 16, elapsedMs: 9_999, next: 16 },
  ])("$why", ({ tokens, elapsedMs, next }) => {
    expect(nextStepTokens(tokens, elapsedMs, { maxTokens: 512, targetMs: 100 })).toBe(next);
  });
});

/** A transformer that records its steps and aborts after the given number of them. */
function recorder(abortAfter = Infinity) {
  const controller = new AbortController();
  const steps: { tokens: number[]; position: number; output: StepOutput | IndexRange }[] = [];
  const record = (tokens: Uint32Array, position: number, output: StepOutput | IndexRange) => {
    steps.push({ tokens: [...tokens], position, output });
    if (steps.length === abortAfter) controller.abort();
  };
  const transformer = {
    stepTokens: 4,
    prefillStep: record,
    prefillLayers: record,
  };
  const device = { stepMs: 100, queue: { onSubmittedWorkDone: () => Promise.resolve(undefined) } };
  return { steps, transformer, device, signal: controller.signal };
}

describe("prefill", () => {
  test("cuts at the longest step, keeps positions, asks for the output of the last token only", async () => {
    const { steps, transformer, device, signal } = recorder();
    const tokens = Uint32Array.of(7, 8, 9, 10, 11);
    expect(await prefill(device, transformer, tokens, { start: 3, output: "token", signal })).toBe(
      5,
    );
    expect(steps).toEqual([
      { tokens: [7, 8, 9, 10], position: 3, output: "none" },
      { tokens: [11], position: 7, output: "token" },
    ]);
  });

  test("runs through some layers only, where it is told to", async () => {
    const { steps, transformer, device, signal } = recorder();
    const layers = { start: 2, end: 5 };
    const options = { start: 0, output: "none", signal, layers } as const;
    await prefill(device, transformer, new Uint32Array(5), options);
    expect(steps.map(({ position, output }) => ({ position, output }))).toEqual([
      { position: 0, output: layers },
      { position: 4, output: layers },
    ]);
  });

  test("stops between steps and says how far it came", async () => {
    const { transformer, device, signal } = recorder(1);
    const tokens = new Uint32Array(9);
    expect(await prefill(device, transformer, tokens, { start: 0, output: "none", signal })).toBe(
      4,
    );
  });
});
