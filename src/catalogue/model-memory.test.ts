import { expect, test } from "vitest";
import { baseModelOf, type BaseModel } from "./base-model.ts";
import { kvBytesPerToken, largestBufferBytes, parametersOf, weightBytes } from "./model-memory.ts";

function shapeOf(id: string): BaseModel["shape"] {
  const model = baseModelOf(id);
  if (!model) throw new Error(`there is no ${id}`);
  return model.shape;
}

const KIB = 1024;

test.each([
  // What the models' own pages say, in weights.
  ["SmolLM2-135M-Instruct", 134.5e6],
  ["SmolLM2-360M-Instruct", 361.8e6],
  ["Qwen2.5-0.5B-Instruct", 494e6],
  ["Qwen3-0.6B", 596e6],
  ["TinyLlama-1.1B-Chat-v1.0", 1.1e9],
  ["Llama-3.2-1B-Instruct", 1.236e9],
  ["Qwen2.5-1.5B-Instruct", 1.544e9],
  ["gemma-2-2b-it", 2.614e9],
  ["phi-2", 2.78e9],
  ["Mistral-7B-Instruct-v0.3", 7.248e9],
  ["Llama-3.1-70B-Instruct", 70.55e9],
])("%s has %f weights", (id, parameters) => {
  expect(Math.abs((parametersOf(shapeOf(id)) ?? 0) / parameters - 1)).toBeLessThan(0.01);
});

test.each([
  ["Qwen2.5-0.5B-Instruct", 12],
  ["TinyLlama-1.1B-Chat-v1.0", 22],
  ["SmolLM2-135M-Instruct", 22.5],
  ["Llama-3.2-1B-Instruct", 32],
  ["Qwen3-0.6B", 112],
  ["SmolLM2-1.7B-Instruct", 192],
  // Of 24 layers, 6 have K and V that grow.
  ["Qwen3.5-0.8B", 12],
])("a token of %s takes %f KiB of K and V in f16", (id, kib) => {
  expect(kvBytesPerToken(shapeOf(id), 2)).toBe(kib * KIB);
});

test("what is not known is not guessed", () => {
  const shape = shapeOf("Qwen3.5-4B");
  expect(parametersOf(shape)).toBeUndefined();
  expect(kvBytesPerToken(shape, 2)).toBeUndefined();
  expect(largestBufferBytes(shape, 4.5, 4096)).toBeUndefined();
  expect(weightBytes(shape, 4.5)).toBeUndefined();
});

test("the largest buffer is the embedding, the MLP's first matrix, or a layer's K and V", () => {
  // 151,936 × 896 weights in 4.5 bits.
  expect(largestBufferBytes(shapeOf("Qwen2.5-0.5B-Instruct"), 4.5, 4096)).toBe(76_575_744);
  // 2 × 14,336 × 4,096 weights in 4.5 bits are less than 128,256 × 4,096.
  expect(largestBufferBytes(shapeOf("Llama-3.1-8B-Instruct"), 4.5, 4096)).toBe(295_501_824);
  expect(largestBufferBytes(shapeOf("Llama-2-7b-chat-hf"), 4.5, 1024)).toBe(73_728_000);
  expect(largestBufferBytes(shapeOf("SmolLM2-1.7B-Instruct"), 0.1, 4096)).toBe(33_554_432);
});
