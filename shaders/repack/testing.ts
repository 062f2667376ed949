import type { DeviceHarness } from "../../src/device/testing.ts";
import { BLOCK_TYPES, type BlockType } from "../../src/shared/gguf-blocks.ts";
import { encodeFloats } from "../../src/shared/number-formats.ts";

/** Where the f16 of a block of each quantized type stand. Their bits are not random, as some stand for no number. */
const HALVES: Partial<Record<BlockType, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 2],
  Q5_0: [0],
  Q5_1: [0, 2],
  Q8_0: [0],
  Q4_K: [0, 2],
  Q5_K: [0, 2],
  Q6_K: [208],
};

const FLOATS: Partial<Record<BlockType, "f16" | "bf16" | "f32">> = {
  F16: "f16",
  BF16: "bf16",
  F32: "f32",
};

/** Blocks of random codes and factors, and of random scales and minima in [-1, 1). */
export function randomBlocks(
  { randomFloat32 }: Pick<DeviceHarness, "randomFloat32">,
  type: BlockType,
  columns: number,
): Uint8Array<ArrayBuffer> {
  const dtype = FLOATS[type];
  if (dtype) return encodeFloats(randomFloat32(columns), dtype);
  const { columns: blockColumns, bytes: blockBytes } = BLOCK_TYPES[type];
  const count = columns / blockColumns;
  const random = randomFloat32(count * blockBytes);
  const bytes = Uint8Array.from(random, (value) => Math.floor((value + 1) * 128));
  for (let block = 0; block < count; block++)
    for (const at of HALVES[type] ?? [])
      bytes.set(encodeFloats(randomFloat32(1), "f16"), block * blockBytes + at);
  return bytes;
}

/** The largest error of a weight, as a share of the largest weight among the 16 columns around it. */
export function worstError(found: Float32Array, expected: Float32Array): number {
  let worst = found.length === expected.length ? 0 : Infinity;
  for (let first = 0; first < expected.length; first += 16) {
    let largest = 0;
    let error = 0;
    for (let i = first; i < first + 16; i++) {
      const value = expected[i] ?? NaN;
      largest = Math.max(largest, Math.abs(value));
      error = Math.max(error, Math.abs((found[i] ?? NaN) - value));
    }
    const share = error === 0 ? 0 : error / largest;
    worst = Math.max(worst, Number.isNaN(share) ? Infinity : share);
  }
  return worst;
}
