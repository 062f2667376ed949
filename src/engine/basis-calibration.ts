/** @file What a basis needs to know of a model besides how its rows vary: what an error in them does. */

import { SINK_TOKENS } from "../kv/chunk-layout.ts";
import { seededRandom } from "../kv/matrix.ts";
import { inverseOf } from "../kv/transform-matrices.ts";
import { nextTokenDistance } from "../model/next-token-distance.ts";
import { decodeFloats, encodeFloats } from "../shared/number-formats.ts";
import { turnKeys } from "./compression-merging.ts";
import type { LayerShape } from "./compression-testing.ts";
import type { Weightings } from "./fitted-bases.ts";
import type { ReplayedPip, Rows } from "./replay-testing.ts";

/** Tokens at a chat's end that are run on top of the noise. */
const JUDGED_TOKENS = 32;
/** Standard deviation of the noise, of that of the numbers: about what a coarse rate does. */
const NOISE = 0.15;

interface Noise {
  side: 0 | 1;
  layer: number;
  weightings: Weightings;
  shape: LayerShape;
}

/**
 * KL of the next token, in nats, per squared error of a number of one layer's K or V in the weighted space,
 * measured by noise in all its rows. The mean over chats.
 *
 * @param chats of more tokens than are judged
 * @returns K's of each layer, then V's
 */
export async function measureSensitivity(
  pip: ReplayedPip,
  chats: readonly (readonly number[])[],
  { weightings, shape, layers }: { weightings: Weightings; shape: LayerShape; layers: number },
): Promise<[number[], number[]]> {
  const random = seededRandom(1);
  const sums: [number[], number[]] = [Array<number>(layers).fill(0), Array<number>(layers).fill(0)];
  for (const tokens of chats) {
    const end = tokens.length - JUDGED_TOKENS;
    pip.forget();
    await pip.fill(tokens.slice(0, end));
    const exact = await pip.save();
    const right = await pip.logitsAfter(tokens.slice(end));
    for (const side of [0, 1] as const)
      for (let layer = 0; layer < layers; layer++) {
        const noise = { side, layer, weightings, shape };
        const { rows, variance } = withNoise(exact, noise, random);
        pip.putBack(rows);
        const logits = await pip.logitsAfter(tokens.slice(end));
        const distances = right.map((one, i) => nextTokenDistance(one, logits[i] ?? one).kl);
        const kl = distances.reduce((sum, value) => sum + value, 0) / distances.length;
        sums[side][layer] = (sums[side][layer] ?? 0) + kl / variance / chats.length;
      }
  }
  return sums;
}

/** @returns the rows, and the variance of the noise in the weighted space */
function withNoise(
  exact: Rows,
  { side, layer, weightings, shape }: Noise,
  random: () => number,
): { rows: Rows; variance: number } {
  const { kvHeads, headDim } = shape;
  const rows = exact.layers[layer] ?? new Uint8Array();
  const sinks = SINK_TOKENS * 4 * kvHeads * headDim;
  const numbers = decodeFloats(turnKeys(rows.slice(sinks), shape, -1), "f16");
  const heads = headsOf(numbers, side, shape);
  const blocks = Array.from({ length: kvHeads }, (_, head) => {
    const at = (layer * kvHeads + head) * headDim ** 2;
    return weightings[side].subarray(at, at + headDim ** 2);
  });
  const spread = deviation(
    heads.flatMap(({ head, numbers: own }) => [...times(blocks[head] ?? [], own)]),
  );
  const undone = blocks.map((block) => inverseOf(block, headDim));
  for (const { head, numbers: own } of heads) {
    const error = times(
      undone[head] ?? [],
      own.map(() => NOISE * spread * normal(random)),
    );
    for (const [d, value] of error.entries()) own[d] = (own[d] ?? 0) + value;
  }
  const noisy = rows.slice();
  noisy.set(turnKeys(encodeFloats(numbers, "f16"), shape, 1), sinks);
  const layers = exact.layers.slice();
  layers[layer] = noisy;
  return { rows: { tokens: exact.tokens, layers }, variance: (NOISE * spread) ** 2 };
}

/** Each head of each token's K, or V: views of the numbers, [tokens, 2, kvHeads, headDim]. */
function headsOf(numbers: Float32Array, side: 0 | 1, { kvHeads, headDim }: LayerShape) {
  const heads: { head: number; numbers: Float32Array }[] = [];
  for (let at = side * kvHeads * headDim; at < numbers.length; at += 2 * kvHeads * headDim)
    for (let head = 0; head < kvHeads; head++) {
      const start = at + head * headDim;
      heads.push({ head, numbers: numbers.subarray(start, start + headDim) });
    }
  return heads;
}

function times(matrix: ArrayLike<number>, x: Float32Array): Float32Array {
  return x.map((_, row) => {
    let sum = 0;
    for (let column = 0; column < x.length; column++)
      sum += (matrix[row * x.length + column] ?? 0) * (x[column] ?? 0);
    return sum;
  });
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/** Of mean 0 and variance 1: the sum of twelve of [-1, 1) has variance 4. */
function normal(random: () => number): number {
  let sum = 0;
  for (let i = 0; i < 12; i++) sum += random();
  return sum / 2;
}
