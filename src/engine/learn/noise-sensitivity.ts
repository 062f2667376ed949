import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { withNoise, type NoiseShape } from "./row-noise.ts";

/** For each layer, the KL of the next token, in nats, per squared error of a number in the weighted space. */
export interface Sensitivity {
  keys: readonly number[];
  values: readonly number[];
}

/** Consecutive rows of one layer: [tokens, 2, kvHeads, headDim] f16. */
export interface LayerRows {
  /** Position of the first row. */
  start: number;
  rows: Uint8Array<ArrayBuffer>;
}

/** A conversation whose rows can be exchanged, to see what that does to its next tokens. */
export interface NoisyConversation {
  layers: number;
  /** The rows of a layer that get noise. */
  readRows: (layer: number) => Promise<readonly LayerRows[]>;
  /** The mean KL of the next tokens if a layer has these rows, in nats. Undefined if that was interrupted. */
  judge: (layer: number, noisy: readonly LayerRows[]) => Promise<number | undefined>;
}

/** What the noise is made of. */
interface NoiseTerms {
  /** Weightings of keys and values, without any sensitivity. */
  weightings: Weightings;
  shape: NoiseShape;
  /** Gives numbers in [-1, 1). */
  random: () => number;
}

/**
 * What an error in a layer does, measured by noise in the rows of one layer's K or V after the other.
 *
 * @returns undefined if judging was interrupted
 */
export async function noiseSensitivity(
  { layers, readRows, judge }: NoisyConversation,
  terms: NoiseTerms,
): Promise<Sensitivity | undefined> {
  const measured = { keys: new Array<number>(), values: new Array<number>() };
  for (const side of ["keys", "values"] as const)
    for (let layer = 0; layer < layers; layer++) {
      const noisy = (await readRows(layer)).map(({ start, rows }) => {
        return { start, ...withNoise(rows, { ...terms, side, layer, start }) };
      });
      const kl = await judge(layer, noisy);
      if (kl === undefined) return undefined;
      const variance = noisy.reduce((sum, one) => sum + one.variance, 0) / noisy.length;
      measured[side].push(kl / variance);
    }
  return measured;
}
