import { assert } from "../../src/shared/assert.ts";
import type { HeadShape } from "../forward/rope-append.ts";
import codedLayoutWgsl from "./coded-layout.wgsl?raw";
import exactF16 from "../exact-f16.wgsl?raw";

/** Shape of one position's keys, and of its values. */
export type RowShape = Omit<HeadShape, "heads">;

/** How rows are quantised. The kernels are compiled for it. */
export interface RowCode {
  bits: 2 | 3 | 4 | 8;
  /** How many numbers share a scale: consecutive tokens of a channel of K, or channels of a token of V. */
  group: 32 | 64;
  /** Whether keys are multiplied by the Walsh-Hadamard matrix first. */
  hadamard: boolean;
  /** Whether keys are rotated back to position 0 first (RoPE undone). */
  unrope: boolean;
}

/** Consecutive rows of one layer that are coded together. */
export interface RowRun {
  /** Position of the first row. */
  start: number;
  tokens: number;
  /**
   * Number of first rows that are left out: sinks, which are stored exactly elsewhere, or rows that are in the
   * cache already. Coding keeps them out of the others' scales, and decoding leaves them as they are.
   */
  skip: number;
}

/** Where the sections of a coded run begin, in u32 words. coded-layout.wgsl says what they hold. */
export interface CodedLayout {
  keyCodes: number;
  keyScales: number;
  valueCodes: number;
  valueScales: number;
  words: number;
}

/** Number of codes that are packed together, into `bits` words. */
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

/** Whether keys pass through `precondition-keys` on their way. */
export const preconditionsKeys = ({ hadamard, unrope }: RowCode): boolean => hadamard || unrope;

/** WGSL and constants that the kernels which code and decode rows begin with. */
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
      PRECONDITIONED: preconditionsKeys(code),
    },
  };
}

/** Contents of the `run` uniform: u32 start, tokens, skip. */
export function runParams({ start, tokens, skip }: RowRun): Uint32Array<ArrayBuffer> {
  return Uint32Array.of(start, tokens, skip);
}

/** All groups of a run, those of keys first. */
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

/** Numbers that share a scale. Places are counted in words of the coded run. */
export interface CodedGroup {
  isKey: boolean;
  /** The first number. Those of keys go on with the next tokens, those of values with the next channels. */
  first: { token: number; channel: number };
  length: number;
  scale: number;
  codes: number;
  /** Distance between the words of a block of 32 codes. A group's next block begins after `bits` such words. */
  stride: number;
}

/** Word and bit where code `i` of a group begins. */
export function placeOfCode({ codes, stride }: CodedGroup, bits: number, i: number) {
  return { word: codes + Math.floor((i * bits) / 32) * stride, bit: (i * bits) % 32 };
}

/** Index in [tokens, channels] of number `i` of a group. */
export function placeOfNumber({ isKey, first }: CodedGroup, channels: number, i: number): number {
  return first.token * channels + first.channel + (isKey ? i * channels : i);
}
