import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { halfBits, halfValue } from "../exact-f16.ts";
import {
  codedLayout,
  codedLayoutSnippet,
  groupsOf,
  preconditionsKeys,
  placeOfCode,
  placeOfNumber,
  type CodedGroup,
  type RowCode,
  type RowRun,
  type RowShape,
} from "./coded-layout.ts";
import wgsl from "./dequantize-rows.wgsl?raw";

/** `keys` is written if the code preconditions keys. Otherwise it may be any other buffer. */
export type DequantizeRowsBinding = "coded" | "keys" | "cache" | "run";

export function dequantizeRowsSource(
  code: RowCode,
  shape: RowShape,
): KernelSource<DequantizeRowsBinding> {
  const shared = codedLayoutSnippet(code, shape);
  return {
    label: "dequantize-rows",
    name: "dequantize-rows",
    wgsl: [...shared.wgsl, wgsl],
    constants: shared.constants,
    bindings: { coded: "read", keys: "write", cache: "write", run: "uniform" },
  };
}

/** Tokens of two channels, or channels of a token, that one invocation decodes. */
const SPAN = 16;

export function dequantizeRowsGrid({ kvHeads, headDim }: RowShape, { tokens }: RowRun): Grid {
  assert(tokens > 0, "there are no rows");
  const channels = kvHeads * headDim;
  const keyWork = Math.ceil(tokens / SPAN) * (channels / 2);
  return [Math.ceil((keyWork + tokens * Math.ceil(channels / SPAN)) / 64)];
}

/**
 * The kernel's results in plain loops, bit for bit.
 *
 * @param coded words of a run; any words can be decoded
 * @returns rows [tokens, 2, kvHeads, headDim] f16 bits. If the code preconditions keys, these are 0 there, and
 *   `keys` has the decoded ones, [tokens, kvHeads, headDim].
 */
export function dequantizeRowsReference(
  coded: Uint32Array,
  code: RowCode,
  shape: RowShape,
  tokens: number,
): { rows: Uint16Array<ArrayBuffer>; keys: Float32Array<ArrayBuffer> } {
  const { words } = codedLayout(code, shape, tokens);
  assert(coded.length === words, `${coded.length} words are not the ${words} of ${tokens} rows`);
  const channels = shape.kvHeads * shape.headDim;
  const rows = new Uint16Array(tokens * 2 * channels);
  const keys = new Float32Array(tokens * channels);
  for (const group of groupsOf(code, shape, tokens))
    for (let i = 0; i < group.length; i++) {
      const number = decoded(coded, group, code.bits, i);
      const place = placeOfNumber(group, channels, i);
      if (group.isKey) keys[place] = number;
      if (group.isKey && preconditionsKeys(code)) continue;
      const token = Math.floor(place / channels);
      const half = group.isKey ? 0 : channels;
      rows[token * 2 * channels + half + (place % channels)] = halfBits(number);
    }
  return { rows, keys };
}

/** Number `i` of a group, computed in f32. */
function decoded(coded: Uint32Array, group: CodedGroup, bits: number, i: number): number {
  const scale = coded[group.scale] ?? 0;
  const code = codeOf(coded, group, bits, i);
  return Math.fround(halfValue(scale >>> 16) + code * halfValue(scale));
}

/** Code `i` of a group. */
export function codeOf(coded: Uint32Array, group: CodedGroup, bits: number, i: number): number {
  const { word, bit } = placeOfCode(group, bits, i);
  const low = (coded[word] ?? 0) >>> bit;
  const high = bit + bits > 32 ? (coded[word + group.stride] ?? 0) << (32 - bit) : 0;
  return (low | high) & (2 ** bits - 1);
}
