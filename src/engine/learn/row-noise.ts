/** @file Noise in the rows of one layer, as large in every direction as the weighted space has it. */

import { inverseOf } from "../../kv/codecs/transform/transform-matrices.ts";
import { decodeFloats, encodeFloats } from "../../shared/number-formats.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";

/** Standard deviation of the noise, as a share of that of the numbers about their means: about what a coarse rate does. */
export const NOISE = 0.15;

export interface NoiseShape {
  kvHeads: number;
  headDim: number;
  /** RoPE's angle per position: [headDim / 2], in radians. */
  frequencies: readonly number[];
}

interface Noise {
  side: "keys" | "values";
  layer: number;
  /** Weightings of keys and values, without any sensitivity. */
  weightings: Weightings;
  shape: NoiseShape;
  /** Position of the first row. */
  start: number;
  /** Gives numbers in [-1, 1). */
  random: () => number;
}

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Adds noise to rows.
 *
 * @param rows of the layer, [tokens, 2, kvHeads, headDim] f16
 * @returns the rows with noise in K or in V, and the noise's variance in the weighted space
 */
export function withNoise(rows: Bytes, noise: Noise): { rows: Bytes; variance: number } {
  const { side, layer, weightings, shape, random } = noise;
  const { kvHeads, headDim } = shape;
  const numbers = decodeFloats(rows, "f16");
  const heads = headsOf(numbers, noise);
  const blocks = Array.from({ length: kvHeads }, (_, head) => {
    const at = (layer * kvHeads + head) * headDim ** 2;
    return weightings[side].subarray(at, at + headDim ** 2);
  });
  // The weighting is of keys without a position, so keys are rotated back to position 0. Values have none.
  for (const one of heads) rotate(one, shape, -1);
  const spread = spreadOf(
    heads.map(({ head, own }) => times(blocks[head] ?? [], own)),
    kvHeads,
  );
  const undone = blocks.map((block) => inverseOf(block, headDim));
  for (const one of heads) {
    const { head, own } = one;
    const error = times(
      undone[head] ?? [],
      own.map(() => NOISE * spread * normal(random)),
    );
    for (const [d, value] of error.entries()) own[d] = (own[d] ?? 0) + value;
    rotate(one, shape, 1);
  }
  return { rows: encodeFloats(numbers, "f16"), variance: (NOISE * spread) ** 2 };
}

interface Head {
  head: number;
  /** The position that RoPE has rotated it by. Undefined for a value. */
  position: number | undefined;
  /** Its numbers, as a view of the rows. */
  own: Float32Array;
}

function headsOf(
  numbers: Float32Array,
  { side, start, shape: { kvHeads, headDim } }: Pick<Noise, "side" | "start" | "shape">,
): Head[] {
  const width = kvHeads * headDim;
  const heads: Head[] = [];
  for (let token = 0; token * 2 * width < numbers.length; token++)
    for (let head = 0; head < kvHeads; head++) {
      const at = (2 * token + (side === "keys" ? 0 : 1)) * width + head * headDim;
      const position = side === "keys" ? start + token : undefined;
      heads.push({ head, position, own: numbers.subarray(at, at + headDim) });
    }
  return heads;
}

function rotate({ position, own }: Head, { frequencies, headDim }: NoiseShape, sign: 1 | -1): void {
  if (position === undefined) return;
  for (const [d, frequency] of frequencies.entries()) {
    const angle = sign * position * frequency;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [a = 0, b = 0] = [own[d], own[d + headDim / 2]];
    own[d] = a * cos - b * sin;
    own[d + headDim / 2] = b * cos + a * sin;
  }
}

function times(matrix: ArrayLike<number>, x: Float32Array): Float32Array {
  return x.map((_, row) => {
    let sum = 0;
    for (let column = 0; column < x.length; column++)
      sum += (matrix[row * x.length + column] ?? 0) * (x[column] ?? 0);
    return sum;
  });
}

/**
 * The standard deviation of numbers about the mean of their channel. The mean itself is left out, because a code does
 * not carry it. Where keys have a bias, it is many times what varies from token to token.
 *
 * @param numbers of one KV head after the other, for one token after the other, [headDim] each
 */
function spreadOf(numbers: readonly Float32Array[], kvHeads: number): number {
  const headDim = numbers[0]?.length ?? 0;
  const tokens = numbers.length / kvHeads;
  const means = new Float64Array(kvHeads * headDim);
  const each = (visit: (value: number, channel: number) => void) => {
    for (const [i, own] of numbers.entries())
      for (const [d, value] of own.entries()) visit(value, (i % kvHeads) * headDim + d);
  };
  each((value, channel) => (means[channel] = (means[channel] ?? 0) + value / tokens));
  let squares = 0;
  each((value, channel) => (squares += (value - (means[channel] ?? 0)) ** 2));
  return Math.sqrt(squares / (tokens * means.length));
}

/** A number of mean 0 and variance 1. The sum of twelve numbers in [-1, 1) has variance 4. */
function normal(random: () => number): number {
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += random();
  return sum / 2;
}
