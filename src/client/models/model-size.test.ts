import { expect, test } from "vitest";
import { parametersOf } from "./model-size.ts";

const of = (name: string, bytes?: number) => parametersOf({ name, bytes });

test("a name says how many weights there are", () => {
  expect(of("SmolLM2-135M-Instruct.Q4_1.gguf")).toBe(135e6);
  expect(of("Qwen3-0.6B-q4f16_1-MLC")).toBe(0.6e9);
  expect(of("Llama-3.2-1B-Instruct-Q4_K_M.gguf", 808e6)).toBe(1e9);
  expect(of("pip-4.7m")).toBe(4.7e6);
});

test("a name that the size belies is not believed", () => {
  expect(of("tiny-1M-Q8_0.gguf", 8.5e9)).toBe(8e9);
  expect(of("giant-900B-Q8_0.gguf", 8.5e6)).toBe(8e6);
});

test("without a number in the name the size tells, by the bits that the format takes", () => {
  expect(of("story-Q8_0.gguf", 8.5e9)).toBe(8e9);
  expect(of("story-f16.gguf", 2e9)).toBe(1e9);
  expect(of("story.BF16.gguf", 2e9)).toBe(1e9);
  expect(of("story-q0f32-MLC", 4e9)).toBe(1e9);
  expect(of("story-q0f16-MLC", 2e9)).toBe(1e9);
  expect(of("story-q4f16_1-MLC", 4.75e9)).toBe(8e9);
  expect(of("story-IQ3_XS.gguf", 3.75e9)).toBe(8e9);
  expect(of("story.gguf", 5e9)).toBe(8e9);
});

test("where nothing is known nothing is said", () => {
  expect(of("story")).toBeUndefined();
  expect(of("8x7B")).toBeUndefined();
  expect(of("gpt-4b2")).toBeUndefined();
  expect(of("0B")).toBeUndefined();
});
