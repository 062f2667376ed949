import { expect, test } from "vitest";
import { BLOCK_TYPES, decodeBlocks, type BlockType } from "./gguf-blocks.ts";
import { GOLDEN_BLOCKS } from "./gguf-blocks-testing.ts";
import { encodeFloats } from "./number-formats.ts";

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));

test.each(GOLDEN_BLOCKS)("$type is decoded as gguf decodes it", ({ type, block, values }) => {
  const decoded = decodeBlocks(type, bytesOf(block));
  expect(decoded).toEqual(new Float32Array(bytesOf(values).buffer));
  expect(decoded.length).toBe(BLOCK_TYPES[type].columns);
});

test("every quantized type has a golden block", () => {
  const golden = new Set(GOLDEN_BLOCKS.map(({ type }) => type));
  const types = Object.keys(BLOCK_TYPES) as BlockType[];
  expect(types.filter((type) => !golden.has(type))).toEqual(["F32", "F16", "BF16"]);
});

test.each([
  ["F32", "f32"],
  ["F16", "f16"],
  ["BF16", "bf16"],
] as const)("%s is read as numbers", (type, dtype) => {
  const values = Float32Array.of(1, -0.5, 0, 2 ** -20, 448);
  expect(decodeBlocks(type, encodeFloats(values, dtype))).toEqual(values);
});

test("several blocks, at any place in memory", () => {
  for (const { type, block, values } of GOLDEN_BLOCKS) {
    const one = bytesOf(block);
    const shifted = new Uint8Array(1 + 3 * one.length);
    for (let i = 0; i < 3; i++) shifted.set(one, 1 + i * one.length);
    const expected = new Float32Array(bytesOf(values).buffer);
    const decoded = decodeBlocks(type, shifted.subarray(1));
    expect(decoded).toEqual(Float32Array.of(...expected, ...expected, ...expected));
  }
});

test("bytes that are no whole blocks are a bug", () => {
  expect(() => decodeBlocks("Q4_0", new Uint8Array(17))).toThrow("17 bytes");
});
