/**
 * @file The block types of GGUF: how ggml lays out the numbers of a tensor. A row is a run of whole blocks, and every
 * block holds the same number of consecutive columns. All numbers are little-endian.
 *
 * Source: the structures `block_*` of ggml's `ggml-common.h` and their `dequantize_row_*` functions.
 */

import { assert } from "./assert.ts";
import { bf16ToF32, f16ToF32 } from "./number-formats.ts";

/** `id` is the type's number in a GGUF file, `columns` what a block holds, and `bytes` its size. */
export const BLOCK_TYPES = {
  F32: { id: 0, columns: 1, bytes: 4 },
  F16: { id: 1, columns: 1, bytes: 2 },
  Q4_0: { id: 2, columns: 32, bytes: 18 },
  Q4_1: { id: 3, columns: 32, bytes: 20 },
  Q5_0: { id: 6, columns: 32, bytes: 22 },
  Q5_1: { id: 7, columns: 32, bytes: 24 },
  Q8_0: { id: 8, columns: 32, bytes: 34 },
  Q4_K: { id: 12, columns: 256, bytes: 144 },
  Q5_K: { id: 13, columns: 256, bytes: 176 },
  Q6_K: { id: 14, columns: 256, bytes: 210 },
  BF16: { id: 30, columns: 1, bytes: 2 },
} as const;

export type BlockType = keyof typeof BLOCK_TYPES;

/**
 * The numbers of whole blocks, in plain loops. Products and sums are rounded to f32, as in ggml.
 *
 * @param bytes of any alignment
 */
export function decodeBlocks(type: BlockType, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { columns, bytes: blockBytes } = BLOCK_TYPES[type];
  assert(bytes.length % blockBytes === 0, `${bytes.length} bytes are not whole blocks of ${type}`);
  const decode = DECODERS[type];
  const count = bytes.length / blockBytes;
  const values = new Float32Array(count * columns);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let block = 0; block < count; block++)
    decode(
      new BlockView(view, block * blockBytes),
      values.subarray(block * columns, (block + 1) * columns),
    );
  return values;
}

/** Reads numbers of one block by their offset in it. */
class BlockView {
  readonly #view: DataView;
  readonly #start: number;

  constructor(view: DataView, start: number) {
    this.#view = view;
    this.#start = start;
  }

  byte = (at: number): number => this.#view.getUint8(this.#start + at);
  signedByte = (at: number): number => this.#view.getInt8(this.#start + at);
  word = (at: number): number => this.#view.getUint32(this.#start + at, true);
  half = (at: number): number => f16ToF32(this.#view.getUint16(this.#start + at, true));
  bfloat = (at: number): number => bf16ToF32(this.#view.getUint16(this.#start + at, true));
  float = (at: number): number => this.#view.getFloat32(this.#start + at, true);
}

/** Writes the numbers of one block. */
type Decode = (block: BlockView, values: Float32Array) => void;

/** Calls `code` for every column, and writes scale × code + minimum. */
const fill = (
  values: Float32Array,
  { scale, minimum = 0 }: { scale: number; minimum?: number },
  code: (column: number) => number,
): void => {
  for (let column = 0; column < values.length; column++)
    values[column] = Math.fround(scale * code(column)) + minimum;
};

/** A nibble of 16 bytes: columns 0 to 15 have the lower ones, columns 16 to 31 the upper ones. */
const nibble = (block: BlockView, first: number, column: number): number =>
  (block.byte(first + (column % 16)) >> (column < 16 ? 0 : 4)) & 15;

/** A nibble, with the bit of a word of high bits above it. */
const fiveBits = (block: BlockView, first: number, column: number): number =>
  nibble(block, first + 4, column) | (((block.word(first) >>> column) & 1) << 4);

const q4_0: Decode = (block, values) => {
  fill(values, { scale: block.half(0) }, (column) => nibble(block, 2, column) - 8);
};

const q4_1: Decode = (block, values) => {
  const pair = { scale: block.half(0), minimum: block.half(2) };
  fill(values, pair, (column) => nibble(block, 4, column));
};

const q5_0: Decode = (block, values) => {
  fill(values, { scale: block.half(0) }, (column) => fiveBits(block, 2, column) - 16);
};

const q5_1: Decode = (block, values) => {
  const pair = { scale: block.half(0), minimum: block.half(2) };
  fill(values, pair, (column) => fiveBits(block, 4, column));
};

const q8_0: Decode = (block, values) => {
  fill(values, { scale: block.half(0) }, (column) => block.signedByte(2 + column));
};

/** The 6-bit factors of group 0 to 7 of a block of Q4_K or Q5_K, which share 12 bytes from byte 4 on. */
function groupFactors(block: BlockView, group: number): { scale: number; minimum: number } {
  if (group < 4) return { scale: block.byte(4 + group) & 63, minimum: block.byte(8 + group) & 63 };
  const low = block.byte(8 + group);
  return {
    scale: (low & 15) | ((block.byte(group) >> 6) << 4),
    minimum: (low >> 4) | ((block.byte(4 + group) >> 6) << 4),
  };
}

/** A block of Q4_K or Q5_K: eight groups of 32 columns. */
function fillGroups(
  block: BlockView,
  values: Float32Array,
  code: (group: number, column: number) => number,
): void {
  for (let group = 0; group < 8; group++) {
    const { scale, minimum } = groupFactors(block, group);
    fill(
      values.subarray(32 * group, 32 * (group + 1)),
      {
        scale: Math.fround(block.half(0) * scale),
        minimum: -Math.fround(block.half(2) * minimum),
      },
      (column) => code(group, column),
    );
  }
}

/** The nibble of a column: groups 2j and 2j + 1 share 32 bytes. */
const groupNibble = (block: BlockView, first: number, group: number, column: number): number =>
  (block.byte(first + 32 * (group >> 1) + column) >> (4 * (group & 1))) & 15;

const q4_k: Decode = (block, values) => {
  fillGroups(block, values, (group, column) => groupNibble(block, 16, group, column));
};

const q5_k: Decode = (block, values) => {
  fillGroups(
    block,
    values,
    (group, column) =>
      groupNibble(block, 48, group, column) | (((block.byte(16 + column) >> group) & 1) << 4),
  );
};

/** Byte 0: 128 bytes of low nibbles; 128: 64 bytes of high pairs; 192: 16 signed factors; 208: the block's scale. */
const q6_k: Decode = (block, values) => {
  for (let group = 0; group < 16; group++) {
    const scale = Math.fround(block.half(208) * block.signedByte(192 + group));
    fill(values.subarray(16 * group, 16 * (group + 1)), { scale }, (k) =>
      sixBits(block, 16 * group + k),
    );
  }
};

/** The code of a column of Q6_K. The bytes of each half of the block hold four runs of 32 columns. */
function sixBits(block: BlockView, column: number): number {
  const half = column >> 7;
  const run = (column >> 5) & 3;
  const k = column & 31;
  const low = block.byte(64 * half + 32 * (run & 1) + k) >> (4 * (run >> 1));
  const high = block.byte(128 + 32 * half + k) >> (2 * run);
  return ((low & 15) | ((high & 3) << 4)) - 32;
}

const one =
  (read: (block: BlockView) => number): Decode =>
  (block, values) => {
    values[0] = read(block);
  };

const DECODERS: Record<BlockType, Decode> = {
  F32: one((block) => block.float(0)),
  F16: one((block) => block.half(0)),
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
  BF16: one((block) => block.bfloat(0)),
};
