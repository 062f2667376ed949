import {
  codedLayout,
  preconditionsKeys,
  type CodedLayout,
  type RowCode,
  type RowRun,
  type RowShape,
} from "../../../../shaders/rows/coded-layout.ts";
import { dequantizeRowsReference } from "../../../../shaders/rows/dequantize-rows.ts";
import { quantizeRowsReference } from "../../../../shaders/rows/quantize-rows.ts";
import {
  hasHadamard,
  recoverKeysReference,
  preconditionKeysReference,
} from "../../../../shaders/rows/precondition-keys.ts";
import { assert } from "../../../shared/assert.ts";

/** A way to store rows in fewer bits. A name is stored with what it encoded, and never reused. */
export interface RowCodec extends RowCode {
  readonly name: RowCodecName;
}

/** Numbers that share a scale: a chunk of 128 tokens has two groups, and a scale costs half a bit. */
const GROUP = 64;

const code = (
  bits: RowCode["bits"],
  { hadamard = false, unrope = false }: Partial<RowCode> = {},
): Readonly<RowCode> => ({ bits, group: GROUP, hadamard, unrope });

/**
 * Keys per channel, values per token (KIVI, arXiv:2402.02750). `hadamard` spreads outlier channels over a block of
 * their head before quantising (QuaRot, arXiv:2404.00456); `unrope` stores keys without their position.
 */
const ROW_CODES = {
  "int8-k-channel-v-token": code(8),
  "int4-k-channel-v-token": code(4),
  "int3-k-channel-v-token": code(3),
  "int2-k-channel-v-token": code(2),
  "int4-hadamard-k-channel-v-token": code(4, { hadamard: true }),
  "int3-hadamard-k-channel-v-token": code(3, { hadamard: true }),
  "int2-hadamard-k-channel-v-token": code(2, { hadamard: true }),
  "int8-unrope-k-channel-v-token": code(8, { unrope: true }),
  "int4-unrope-k-channel-v-token": code(4, { unrope: true }),
  "int3-unrope-k-channel-v-token": code(3, { unrope: true }),
  "int2-unrope-k-channel-v-token": code(2, { unrope: true }),
  "int4-unrope-hadamard-k-channel-v-token": code(4, { unrope: true, hadamard: true }),
  "int3-unrope-hadamard-k-channel-v-token": code(3, { unrope: true, hadamard: true }),
  "int2-unrope-hadamard-k-channel-v-token": code(2, { unrope: true, hadamard: true }),
} as const;

export type RowCodecName = keyof typeof ROW_CODES;

export const ROW_CODEC_NAMES = Object.keys(ROW_CODES) as readonly RowCodecName[];

/** Stored numbers of codecs; never reused. */
export const ROW_CODEC_NUMBERS: Readonly<Record<RowCodecName, number>> = {
  "int8-k-channel-v-token": 2,
  "int4-k-channel-v-token": 3,
  "int3-k-channel-v-token": 4,
  "int2-k-channel-v-token": 5,
  "int4-hadamard-k-channel-v-token": 6,
  "int3-hadamard-k-channel-v-token": 7,
  "int2-hadamard-k-channel-v-token": 8,
  "int8-unrope-k-channel-v-token": 9,
  "int4-unrope-k-channel-v-token": 10,
  "int3-unrope-k-channel-v-token": 11,
  "int2-unrope-k-channel-v-token": 12,
  "int4-unrope-hadamard-k-channel-v-token": 13,
  "int3-unrope-hadamard-k-channel-v-token": 14,
  "int2-unrope-hadamard-k-channel-v-token": 15,
};

export const rowCodec = (name: RowCodecName): RowCodec => ({ name, ...ROW_CODES[name] });

const isRowCodecName = (name: string): name is RowCodecName => Object.hasOwn(ROW_CODES, name);

/** The codec of a name that comes from a form or a stored value. Throws if the name is another family's. */
export function rowCodecNamed(name: string): RowCodec {
  assert(isRowCodecName(name), `${name} is no codec of rows`);
  return rowCodec(name);
}

/** Whether heads of this size can be coded: the blocks that a Hadamard matrix mixes have 16 channels at least. */
export const fitsHeads = ({ hadamard }: RowCode, headDim: number): boolean =>
  !hadamard || hasHadamard(headDim);

/** Bytes of one layer's coded run of this many tokens. */
export function codedRowsBytes(codec: RowCode, shape: RowShape, tokens: number): number {
  return codedLayout(codec, shape, tokens).words * 4;
}

/** Where K codes, K scales, V codes and V scales begin, in bytes. */
export function codedRowsLayout(codec: RowCode, shape: RowShape, tokens: number): CodedLayoutBytes {
  const { keyCodes, keyScales, valueCodes, valueScales } = codedLayout(codec, shape, tokens);
  return {
    keyCodes: keyCodes * 4,
    keyScales: keyScales * 4,
    valueCodes: valueCodes * 4,
    valueScales: valueScales * 4,
  };
}

type CodedLayoutBytes = Omit<CodedLayout, "words">;

/** The rows of a layer, and the angles that `unrope` rotates their keys back by. */
export interface RotatedShape extends RowShape {
  /** RoPE's angle per position: [headDim / 2], in radians. Needed with `unrope` only. */
  frequencies?: readonly number[];
}

/**
 * What the kernels make of rows, in plain loops.
 *
 * A number comes back within half a step of its group and a rounding to f16. Below the smallest normal
 * f16 scales are coarse: there it is `2^bits` times 2^-25, where that is more. Where keys are preconditioned,
 * this bounds the preconditioned key, whose group's minimum is rounded besides. Undoing it leaves the length of
 * a head's error as it is. Numbers must be finite; preconditioned ones past the largest f16 are clamped.
 *
 * @param rows [tokens, 2, kvHeads, headDim] f16 bits
 */
export function quantizeRows(
  codec: RowCode,
  rows: Uint16Array,
  shape: RotatedShape,
  { start, skip }: Omit<RowRun, "tokens">,
): Uint8Array<ArrayBuffer> {
  const tokens = tokensOf(rows, shape);
  const source = preconditionsKeys(codec)
    ? {
        rows,
        keys: preconditionKeysReference(
          rows,
          rotationOf(codec, shape, { start, tokens }),
          codec,
          shape,
        ),
      }
    : { rows };
  return new Uint8Array(quantizeRowsReference(source, codec, shape, skip).buffer);
}

/** Decodes a run. @returns rows [tokens, 2, kvHeads, headDim] f16 bits */
export function dequantizeRows(
  codec: RowCode,
  bytes: Uint8Array,
  shape: RotatedShape,
  { start, tokens }: Omit<RowRun, "skip">,
): Uint16Array<ArrayBuffer> {
  const coded = new Uint32Array(new Uint8Array(bytes).buffer);
  const { rows, keys } = dequantizeRowsReference(coded, codec, shape, tokens);
  if (preconditionsKeys(codec))
    recoverKeysReference({ rows, keys }, rotationOf(codec, shape, { start, tokens }), codec, shape);
  return rows;
}

function tokensOf({ length }: Uint16Array, { kvHeads, headDim }: RowShape): number {
  const tokens = length / (2 * kvHeads * headDim);
  assert(Number.isInteger(tokens), `${length} numbers are not whole rows`);
  return tokens;
}

/** The rotation table's part for a run: [tokens, headDim / 2, 2]. */
function rotationOf(
  { unrope }: RowCode,
  { frequencies = [], headDim }: RotatedShape,
  { start, tokens }: Omit<RowRun, "skip">,
): Float32Array {
  if (!unrope) return new Float32Array();
  assert(frequencies.length * 2 === headDim, `${frequencies.length} frequencies`);
  const angles = Array.from({ length: tokens }, (_, token) =>
    frequencies.map((frequency) => (start + token) * frequency),
  ).flat();
  return Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
}
