import { describe, expect, test } from "vitest";
import {
  planSampling,
  samplingBytes,
  SIMILARITY_BYTES,
  type SampledShape,
} from "./sampling-plan.ts";

const TERMS = { rows: 16, grouping: "kv-head", bytes: SIMILARITY_BYTES } as const;

const PIP = { layers: 12, heads: 4, kvHeads: 2, contextTokens: 2048 };
const SMOLLM2 = { layers: 30, heads: 9, kvHeads: 3, contextTokens: 8192 };
const LLAMA = { layers: 16, heads: 32, kvHeads: 8, contextTokens: 8192 };
const QWEN3 = { layers: 28, heads: 16, kvHeads: 8, contextTokens: 32_768 };

describe.each<{ name: string; shape: SampledShape; plan: ReturnType<typeof planSampling> }>([
  { name: "Pip", shape: PIP, plan: { rows: 16, groups: 2, watchedTokens: 2048 } },
  {
    name: "SmolLM2-135M, in the engine's context",
    shape: { ...SMOLLM2, contextTokens: 4096 },
    plan: { rows: 10, groups: 3, watchedTokens: 4096 },
  },
  { name: "SmolLM2-135M", shape: SMOLLM2, plan: { rows: 5, groups: 3, watchedTokens: 8192 } },
  { name: "Llama-3.2-1B, 8K", shape: LLAMA, plan: { rows: 10, groups: 1, watchedTokens: 8192 } },
  {
    name: "Llama-3.2-1B, 128K",
    shape: { ...LLAMA, contextTokens: 131_072 },
    plan: { rows: 4, groups: 1, watchedTokens: 20_960 },
  },
  {
    name: "Qwen3-0.6B, 32K",
    shape: QWEN3,
    plan: { rows: 4, groups: 1, watchedTokens: 23_296 },
  },
])("[SA1-SA4] $name", ({ shape, plan }) => {
  test("is watched as far as 16 MiB go", () => {
    expect(planSampling(shape, TERMS)).toEqual(plan);
    const bytes = samplingBytes(shape, plan);
    expect(bytes).toBeLessThanOrEqual(16 * 2 ** 20);
  });
});

test("[SA1] what is asked for is not exceeded", () => {
  const few = planSampling(PIP, { ...TERMS, rows: 3 });
  expect(few).toEqual({ rows: 3, groups: 2, watchedTokens: 2048 });
  expect(planSampling(PIP, { ...TERMS, grouping: "all" }).groups).toBe(1);
});

test("[SA4] there is a slice at least, whatever the room", () => {
  expect(planSampling(LLAMA, { ...TERMS, bytes: 1 }).watchedTokens).toBe(32);
});
