import { expect, test } from "vitest";
import {
  failureOfConfig,
  LLAMA_32_1B,
  URL_OF_CONFIG,
  variant,
  type Json,
} from "./chat-config-testing.ts";

/** Values that no model has. Each is refused before anything is made of it. */
test.each<[string, { top?: Json; model?: Json }]>([
  ...["hidden_size", "intermediate_size", "num_attention_heads", "num_hidden_layers"].flatMap(
    (name) =>
      [-1, 0, 0.5, 2e9, 2 ** 53, 1e300, "8", [8], {}].map((value) => whereModel(name, value)),
  ),
  ...["num_key_value_heads", "head_dim", "vocab_size", "context_window_size"].flatMap((name) =>
    [-2, 0.5, 1e6 + 0.5, 2e9, 2 ** 53, "8", [8]].map((value) => whereModel(name, value)),
  ),
  ...["rms_norm_eps", "position_embedding_base"].flatMap((name) =>
    [-1e-5, 0, 1e-300, 1e300, "1", {}].map((value) => whereModel(name, value)),
  ),
  ...["factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"].flatMap(
    (name) => [-1, 0, 1e-300, 1e300, "1", []].map((value) => whereScaling(name, value)),
  ),
  ...["active_vocab_size", "context_window_size", "prefill_chunk_size", "eos_token_id"].flatMap(
    (name) => [-2, 0.5, 2e9, 2 ** 53, "8", {}].map((value) => whereTop(name, value)),
  ),
  ...["sliding_window_size", "tensor_parallel_shards"].flatMap((name) =>
    [-2, 0.5, 2e9, 2 ** 53, "8", {}].map((value) => whereTop(name, value)),
  ),
  ...["temperature", "top_p", "repetition_penalty"].flatMap((name) =>
    [-2, 1e300, "1", []].map((value) => whereTop(name, value)),
  ),
  whereTop("temperature", 1e-300),
  whereTop("top_p", 0),
  whereTop(
    "tokenizer_files",
    Array.from({ length: 65 }, () => "tokenizer.json"),
  ),
  whereTop(
    "eos_token_id",
    Array.from({ length: 257 }, () => 2),
  ),
])("%s is refused by its name", (said, change) => {
  const failure = failureOfConfig(variant(change));
  const name = said.slice(0, said.indexOf(" of "));
  expect(failure.code === "model-invalid" && failure.detail).toContain(name);
});

function whereTop(name: string, value: unknown): [string, { top: Json }] {
  return [`${name} of ${JSON.stringify(value).slice(0, 30)}`, { top: { [name]: value } }];
}

/** A change of `model_config`, with the fields above it unset that would be read in its place. */
function whereModel(name: string, value: unknown): [string, { top: Json; model: Json }] {
  const [said, { top: model }] = whereTop(name, value);
  return [said, { top: { context_window_size: -1, active_vocab_size: null }, model }];
}

function whereScaling(name: string, value: unknown): [string, { model: Json }] {
  const { rope_scaling } = LLAMA_32_1B["model_config"] as { rope_scaling: Json };
  const [said, { top }] = whereTop(name, value);
  return [said, { model: { rope_scaling: { ...rope_scaling, ...top } } }];
}

test.each(["kv_transform_basis", "tokenizer_files"])(
  "%s names no file outside the model's directory",
  (field) => {
    const name = "../../elsewhere/x.bin";
    const value = field === "tokenizer_files" ? ["tokenizer.json", name] : name;
    expect(failureOfConfig(variant({ top: { [field]: value } }))).toEqual({
      code: "model-invalid",
      url: URL_OF_CONFIG,
      detail: `${field} ${name} is no file of the model's directory`,
    });
  },
);

test("a sentence shows no more of a long or deep value than a person reads", () => {
  const deep = JSON.parse("[".repeat(60_000) + "]".repeat(60_000)) as Json;
  const long = "x".repeat(1e6);
  const failures = [
    failureOfConfig({ ...LLAMA_32_1B, model_config: { hidden_size: deep } }),
    failureOfConfig(variant({ model: { hidden_size: long } })),
    failureOfConfig(variant({ top: { model_type: long } })),
    failureOfConfig(variant({ top: { tokenizer_files: [long] } })),
  ];
  for (const failure of failures) expect(JSON.stringify(failure).length).toBeLessThan(400);
});

test("a number too large for a number is none", () => {
  // JSON can spell this number, but `JSON.stringify` writes null for it.
  const infinite = JSON.parse("1e999") as number;
  const model = LLAMA_32_1B["model_config"] as Json;
  for (const name of ["rms_norm_eps", "hidden_size", "position_embedding_base"])
    expect(
      failureOfConfig({ ...LLAMA_32_1B, model_config: { ...model, [name]: infinite } }),
    ).toMatchObject({ detail: expect.stringContaining(`${name} is Infinity, not a`) as string });
});
