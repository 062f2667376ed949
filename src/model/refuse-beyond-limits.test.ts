import { expect, test } from "vitest";
import { weightsOf } from "./architectures/architecture.ts";
import { LLAMA } from "./architectures/llama.ts";
import { parseChatConfig } from "./sources/mlc/chat-config.ts";
import { type ModelConfig } from "./model-config.ts";
import { storedAs } from "./model-outline.ts";
import { chatConfigJson, DEFAULT_SPEC } from "./generate/generate-config.ts";
import { EngineError } from "../shared/engine-error.ts";
import { refuseBeyondLimits } from "./refuse-beyond-limits.ts";

/** The limits that every WebGPU device has at least. */
const LIMITS = {
  maxBufferSize: 256 * 2 ** 20,
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxComputeWorkgroupsPerDimension: 65_535,
};

const { config: tiny } = parseChatConfig(chatConfigJson(DEFAULT_SPEC), "generated:");

function codeOf(change: Partial<ModelConfig>, limits = LIMITS): string | undefined {
  try {
    const config = { ...tiny, ...change };
    const weights = storedAs(weightsOf(LLAMA, config), "q4-f16");
    refuseBeyondLimits({ config, weights }, limits);
  } catch (error) {
    if (error instanceof EngineError) return error.failure.code;
    throw error;
  }
  return undefined;
}

test("Llama-3.2-1B runs where buffers may have 256 MiB, in a context of 4,096 tokens", () => {
  const shape = { layers: 16, hidden: 2048, ffn: 8192, heads: 32, kvHeads: 8, headDim: 64 };
  const change = { ...shape, vocab: 128_256, contextTokens: 4096, prefillChunkTokens: 8192 };
  const wide = { ...LIMITS, maxStorageBufferBindingSize: 256 * 2 ** 20 };
  expect(codeOf(change, wide)).toBeUndefined();
  expect(codeOf(change)).toBe("out-of-memory");
});

test.each<[string, Partial<ModelConfig>, string]>([
  ["an embedding", { vocab: 262_140, hidden: 2048 }, "out-of-memory"],
  ["a layer's KV cache", { contextTokens: 4096, kvHeads: 128, headDim: 128 }, "out-of-memory"],
  // A file of a few megabytes can describe each of the following.
  ["a step's activations", { ffn: 2 ** 17, hidden: 32 }, "out-of-memory"],
  ["hidden states of a context", { contextTokens: 4096, hidden: 16_384 }, "out-of-memory"],
  ["a step's dispatch for every head", { heads: 256, kvHeads: 8, headDim: 8 }, "model-unsupported"],
  ["a vocabulary's dispatch", { vocab: 2 ** 20, hidden: 32 }, "model-unsupported"],
])("%s may be more than a device has", (_, change, code) => {
  const roomy = { contextTokens: 512, prefillChunkTokens: 512, ...change };
  expect(codeOf(roomy)).toBe(code);
});

test("the smaller of both limits of a buffer counts", () => {
  const vocab = { vocab: 65_536, hidden: 2048 };
  expect(codeOf(vocab)).toBeUndefined();
  expect(codeOf(vocab, { ...LIMITS, maxBufferSize: 2 ** 20 })).toBe("out-of-memory");
});
