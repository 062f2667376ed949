import { assert } from "../../src/shared/assert.ts";
import type { HeadShape } from "../forward/rope-append.ts";
import codedLayoutWgsl from "./coded-layout.wgsl?raw";
import exactF16 from "../exact-f16.wgsl?raw";

/** The heads of one position's keys, or values. */
export type RowShape = Omit<HeadShape, "heads">;

/** How rows are quantised; what the kernels are compiled for. */
export interface RowCode {
  bits: 2 | 3 | 4 | 8;
  /** Numbers that share a scale: consecutive tokens of a key's channel, channels of a token's value. */
  group: 32 | 64;
  /** Keys are multiplied by the Walsh-Hadamard matrix first. */
  hadamard: boolean;
  /** Keys are turned back to position 0 first. */
  unrope: boolean;
}

/** Consecutive rows of one layer that are coded together. */
export interface RowRun {
  /** Position of the first. */
  start: number;
  tokens: number;
  /**
   * The first so many are not this run's: sinks, which are stored exactly elsewhere, or rows that are
   * there already. Coding keeps them out of the others' scales, decoding leaves them as they are.
   */
  skip: number;
}

/** Where the parts of a coded run begin, in u32 words; what they hold: coded-layout.wgsl. */
export interface CodedLayout {
  keyCodes: number;
  keyScales: number;
  valueCodes: number;
  valueScales: number;
  words: number;
}

/** Codes that are packed together, into `bits` words. */
const CODE_BLOCK = 32;

export function codedLayout(
  { bits, group }: RowCode,
  { kvHeads, headDim }: RowShape,
  tokens: number,
): CodedLayout {
  const channels = kvHeads * headDim;
  const keyScales = Math.ceil(tokens / CODE_BLOCK) * bits * channels;
  const valueCodes = keyScales + Math.ceil(tokens / group) * channels;
  const valueScales = valueCodes + tokens * Math.ceil(channels / CODE_BLOCK) * bits;
  const words = valueScales + tokens * Math.ceil(channels / group);
  return { keyCodes: 0, keyScales, valueCodes, valueScales, words };
}

/** Whether keys pass through `transform-keys` on their way. */
export const isTransformed = ({ hadamard, unrope }: RowCode): boolean => hadamard || unrope;

/** What both kernels begin with. */
export function codedLayoutSnippet(
  code: RowCode,
  { kvHeads, headDim }: RowShape,
): { wgsl: string[]; constants: Record<string, number | boolean> } {
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  const { bits, group } = code;
  return {
    wgsl: [codedLayoutWgsl, exactF16],
    constants: {
      KV_HEADS: kvHeads,
      HEAD_DIM: headDim,
      BITS: bits,
      GROUP: group,
      TRANSFORMED: isTransformed(code),
    },
  };
}

/** The `run` uniform: u32 start, tokens, skip. */
export function runParams({ start, tokens, skip }: RowRun): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(start, tokens, skip);
}

/** Every group of a run, keys first. */
export function* groupsOf(
  code: RowCode,
  shape: RowShape,
  tokens: number,
): Generator<CodedGroup, void> {
  const channels = shape.kvHeads * shape.headDim;
  const { bits, group } = code;
  const layout = codedLayout(code, shape, tokens);
  for (let first = 0; first < tokens; first += group)
    for (let channel = 0; channel < channels; channel++)
      yield {
        isKey: true,
        first: { token: first, channel },
        length: Math.min(group, tokens - first),
        scale: layout.keyScales + (first / group) * channels + channel,
        codes: (first / CODE_BLOCK) * bits * channels + channel,
        stride: channels,
      };
  for (let token = 0; token < tokens; token++)
    for (let first = 0; first < channels; first += group)
      yield {
        isKey: false,
        first: { token, channel: first },
        length: Math.min(group, channels - first),
        scale: layout.valueScales + token * Math.ceil(channels / group) + first / group,
        codes:
          layout.valueCodes +
          (token * Math.ceil(channels / CODE_BLOCK) + first / CODE_BLOCK) * bits,
        stride: 1,
      };
}

/** Numbers that share a scale. Places are words of the coded run. */
export interface CodedGroup {
  isKey: boolean;
  /** Of keys the tokens from this one on, of values the channels. */
  first: { token: number; channel: number };
  length: number;
  scale: number;
  codes: number;
  /** Between the words of a block. Blocks of a group follow one another: `bits` words on. */
  stride: number;
}

/** Word and bit at which code `i` of a group begins. */
export function placeOfCode({ codes, stride }: CodedGroup, bits: number, i: number) {
  return { word: codes + Math.floor((i * bits) / 32) * stride, bit: (i * bits) % 32 };
}

/** Index in [tokens, channels] of number `i` of a group. */
export function placeOfNumber({ isKey, first }: CodedGroup, channels: number, i: number): number {
  return first.token * channels + first.channel + (isKey ? i * channels : i);
}
