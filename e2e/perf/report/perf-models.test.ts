import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { addressOf, PERF_MODELS } from "./perf-models.ts";

test("the random model's rows are as fat for what they cost as Qwen3-0.6B's", () => {
  const { kvBytesPerToken, mflopPerToken } = PERF_MODELS["random-10m"];
  expect(kvBytesPerToken).toBe(2560);
  expect(Math.abs(kvBytesPerToken / mflopPerToken / 130 - 1)).toBeLessThan(0.05);
});

test("Pip's numbers are those of its configuration", async () => {
  const file = await readFile(`public/${addressOf("pip-4.7m")}mlc-chat-config.json`, "utf8");
  const { model_config: config } = JSON.parse(file) as { model_config: Record<string, number> };
  const { num_hidden_layers = 0, num_key_value_heads = 0, head_dim = 0 } = config;
  const { kvBytesPerToken, mflopPerToken } = PERF_MODELS["pip-4.7m"];
  expect(kvBytesPerToken).toBe(num_hidden_layers * num_key_value_heads * head_dim * 4);
  // A token takes two operations for each weight, except for those of the embedding.
  expect(mflopPerToken).toBeCloseTo(2 * (4.7 - 0.2 * 2.048), 0);
});
