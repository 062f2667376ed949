import { expect, test } from "vitest";
import { baseModelOf } from "./base-model.ts";
import { whyNotOwn } from "./engine-of-model.ts";

function reason(id: string, format = "q4f16_1") {
  const model = baseModelOf(id);
  if (!model) throw new Error(`there is no ${id}`);
  return whyNotOwn(model, format);
}

test.each([
  "Llama-3.2-1B-Instruct",
  "SmolLM2-135M-Instruct",
  "Qwen2.5-7B-Instruct",
  "Qwen3-8B",
  "Mistral-7B-Instruct-v0.2",
  "DeepSeek-R1-Distill-Qwen-7B",
])("%s is run here", (id) => {
  for (const format of ["q0f16", "q0f32", "q4f16_1", "q4f32_1"])
    expect(reason(id, format)).toBeUndefined();
});

test.each([
  ["gemma-2-2b-it", { is: "architecture", found: "gemma2" }],
  ["Phi-3.5-mini-instruct", { is: "architecture", found: "phi3" }],
  ["Qwen3.5-0.8B", { is: "architecture", found: "qwen3_5" }],
  ["snowflake-arctic-embed-m", { is: "embedding" }],
  ["OpenHermes-2.5-Mistral-7B", { is: "vocabulary", found: 32_002 }],
  ["TinyLlama-1.1B-Chat-v0.4", { is: "vocabulary", found: 32_003 }],
])("%s is not, and it is said why", (id, expected) => {
  expect(reason(id)).toEqual(expected);
});

test("neither is a format that is not read, nor a head that is too wide", () => {
  expect(reason("Llama-3.1-70B-Instruct", "q3f16_1")).toEqual({ is: "format", found: "q3f16_1" });
  const model = baseModelOf("Llama-3.2-1B-Instruct");
  if (!model) throw new Error("there is a Llama 3.2");
  const wide = { ...model, shape: { ...model.shape, headDim: 256 } };
  expect(whyNotOwn(wide, "q4f16_1")).toEqual({ is: "head-size", found: 256 });
});
