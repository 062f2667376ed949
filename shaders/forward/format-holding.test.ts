import { expect, test } from "vitest";
import type { BlockType } from "../../src/shared/gguf-blocks.ts";
import { formatHolding } from "./format-holding.ts";

test.each<[BlockType[], string]>([
  [["F16"], "f16"],
  [["BF16"], "bf16"],
  [["F32", "F32"], "f32"],
  [["Q4_0", "Q4_1"], "affine4-f16"],
  [["Q5_0"], "affine8-f16"],
  [["Q5_1", "Q8_0", "Q4_0"], "affine8-f16"],
  [["Q4_K", "Q4_K"], "affine4-k"],
  [["Q4_K", "Q6_K"], "affine8-k"],
  [["Q5_K"], "affine8-k"],
])("%j fit into %s without rounding", (types, format) => {
  expect(formatHolding(types)).toBe(format);
});

test.each<[BlockType[], string]>([
  [["Q4_K", "Q8_0"], "f16"],
  [["Q4_1", "F16"], "f16"],
  [["Q4_1", "BF16"], "f32"],
  [["F16", "BF16"], "f32"],
  [["F16", "F32"], "f32"],
  [["F32", "Q6_K"], "f32"],
])("%j have no format of codes in common, and become %s", (types, format) => {
  expect(formatHolding(types)).toBe(format);
  expect(formatHolding(types.toReversed())).toBe(format);
});
