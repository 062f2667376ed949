import { expect, test } from "vitest";
import { processorAdvice } from "./processor-advice.ts";

const GIB = 2 ** 30;
const speed = { weightsPerMs: 10e6 };
const advice = (name: string, bytes?: number, measured: typeof speed | undefined = speed) =>
  processorAdvice({ name, bytes, speed: measured });

test("PA1: what does not fit is too large, however fast the processor is", () => {
  expect(advice("m-3B-f16.gguf", 3.6 * GIB)).toEqual({ is: "too-large" });
  expect(advice("m", 3.6 * GIB, undefined)).toEqual({ is: "too-large" });
  expect(advice("m-1B-f16.gguf", 3.4 * GIB)).toMatchObject({ is: "quick" });
});

test("PA2: speed is what was measured, over the number of weights", () => {
  expect(advice("s-100M.gguf", 60e6)).toEqual({ is: "quick", tokensPerSecond: 80 });
  expect(advice("s-1B.gguf", 600e6)).toEqual({ is: "quick", tokensPerSecond: 8 });
});

test("PA3: large models and slow ones are said to be so", () => {
  expect(advice("m-2B.gguf", 1e9)).toEqual({ is: "slow", tokensPerSecond: 4 });
  expect(processorAdvice({ name: "m-2B", bytes: 1e9, speed: { weightsPerMs: 100e6 } })).toEqual({
    is: "slow",
    tokensPerSecond: 40,
  });
  expect(processorAdvice({ name: "m-1B", bytes: 6e8, speed: { weightsPerMs: 1e6 } })).toEqual({
    is: "slow",
    tokensPerSecond: 0.8,
  });
});

test("PA4: before anything was measured only a large model is spoken of", () => {
  const unmeasured = (name: string) =>
    processorAdvice({ name, bytes: undefined, speed: undefined });
  expect(unmeasured("m-2B")).toEqual({ is: "slow", tokensPerSecond: undefined });
  expect(unmeasured("m-135M")).toBeUndefined();
  expect(advice("m")).toBeUndefined();
});
