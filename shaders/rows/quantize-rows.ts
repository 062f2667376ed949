import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import { halfBits, halfValue } from "../exact-f16.ts";
import {
  codedLayout,
  codedLayoutSnippet,
  groupsOf,
  placeOfCode,
  placeOfNumber,
  type CodedGroup,
  type RowCode,
  type RowRun,
  type RowShape,
} from "./coded-layout.ts";
import wgsl from "./quantize-rows.wgsl?raw";

/** `keys` is read if the code preconditions keys. Otherwise it may be any buffer that is not written. */
export type QuantizeRowsBinding = "cache" | "keys" | "coded" | "run";

export function quantizeRowsSource(
  code: RowCode,
  shape: RowShape,
): KernelSource<QuantizeRowsBinding> {
  const shared = codedLayoutSnippet(code, shape);
  return {
    label: "quantize-rows",
    name: "quantize-rows",
    wgsl: [...shared.wgsl, wgsl],
    constants: shared.constants,
    bindings: { cache: "read", keys: "read", coded: "write", run: "uniform" },
  };
}

export function quantizeRowsGrid(
  { group }: RowCode,
  { kvHeads, headDim }: RowShape,
  { tokens, skip }: RowRun,
): Grid {
  assert(tokens > 0 && skip >= 0 && skip <= tokens, `${skip} of ${tokens} rows are skipped`);
  const channels = kvHeads * headDim;
  const keyWork = Math.ceil(tokens / group) * (channels / 2);
  return [Math.ceil((keyWork + tokens * Math.ceil(channels / group)) / 64)];
}

/**
 * The kernel's results in plain loops and f32. Scales are the same bit for bit. A code may differ by one where x
 * lies halfway between two codes, because WGSL's 1 / scale is not correctly rounded.
 *
 * @param source rows are [tokens, 2, kvHeads, headDim] f16 bits; keys are [tokens, kvHeads, headDim], present if
 *   the code preconditions them
 * @returns the words of the run
 */
export function quantizeRowsReference(
  source: { rows: Uint16Array; keys?: Float32Array },
  code: RowCode,
  shape: RowShape,
  skip: number,
): Uint32Array<ArrayBuffer> {
  const channels = shape.kvHeads * shape.headDim;
  const tokens = source.rows.length / (2 * channels);
  const coded = new Uint32Array(codedLayout(code, shape, tokens).words);
  const keys = source.keys ?? numbersOf(source.rows, channels, 0);
  const values = numbersOf(source.rows, channels, channels);
  for (const group of groupsOf(code, shape, tokens)) {
    const { isKey, first, length } = group;
    const numbers = Float32Array.from(
      { length },
      (_, i) => (isKey ? keys : values)[placeOfNumber(group, channels, i)] ?? NaN,
    );
    const counted = numbers.subarray(isKey ? Math.max(skip - first.token, 0) : 0);
    const word = scaleWord(counted, code.bits);
    coded[group.scale] = word;
    packCodes(coded, codesOf(numbers, word, code.bits), group, code.bits);
  }
  return coded;
}

/** Keys (`offset` 0) or values (`offset` = `channels`) of rows as numbers, [tokens, channels]. */
function numbersOf(rows: Uint16Array, channels: number, offset: number): Float32Array {
  return Float32Array.from({ length: rows.length / 2 }, (_, i) => {
    const token = Math.floor(i / channels);
    return f16ToF32(rows[token * 2 * channels + offset + (i % channels)] ?? NaN);
  });
}

/** The word that holds scale and minimum of a group. */
function scaleWord(numbers: Float32Array, bits: number): number {
  if (numbers.length === 0) return 0;
  const minimum = halfBits(numbers.reduce((a, b) => Math.min(a, b)));
  const maximum = numbers.reduce((a, b) => Math.max(a, b));
  const range = Math.fround(Math.max(maximum - halfValue(minimum), 0));
  return (halfBits(range * Math.fround(1 / (2 ** bits - 1))) | (minimum << 16)) >>> 0;
}

function codesOf(numbers: Float32Array, word: number, bits: number): number[] {
  const scale = halfValue(word);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  const minimum = halfValue(word >>> 16);
  return Array.from(numbers, (x) => {
    const steps = roundHalfEven(Math.fround(Math.fround(x - minimum) * inverse));
    return Math.min(Math.max(steps, 0), 2 ** bits - 1);
  });
}

/** Rounds halves to the even neighbour, which WGSL's `round` does too. */
function roundHalfEven(value: number): number {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

function packCodes(
  coded: Uint32Array,
  codes: readonly number[],
  group: CodedGroup,
  bits: number,
): void {
  for (const [i, code] of codes.entries()) {
    const { word, bit } = placeOfCode(group, bits, i);
    coded[word] = (coded[word] ?? 0) | (code << bit);
    if (bit + bits > 32) {
      const next = word + group.stride;
      coded[next] = (coded[next] ?? 0) | (code >>> (32 - bit));
    }
  }
}
