import { seededRandom } from "../../linalg/matrix.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import { KvReplay } from "../replay/kv-replay.ts";
import type { ReadyModel } from "../sequence/prepared-model.ts";
import { withNoise } from "./row-noise.ts";

/** Of each layer: KL of the next token, in nats, per squared error of a number in the weighted space. */
export interface Sensitivity {
  keys: readonly number[];
  values: readonly number[];
}

/** Tokens at the end that are run on top of the noise. */
const JUDGED_TOKENS = 64;
/** What a layer counts at least, of the mean: that noise in it did nothing was luck. */
const LEAST_SHARE = 0.1;

/**
 * Measured on the resident conversation, by noise in the rows of one layer's K or V after the other. The
 * cache holds other rows meanwhile.
 *
 * @returns undefined if the signal was aborted, or if there are no rows that have left the recent window
 */
export async function layerSensitivity(
  model: ReadyModel,
  weightings: Weightings,
  signal: AbortSignal,
): Promise<Sensitivity | undefined> {
  const runs = codableChunks(model.resident);
  if (runs.length === 0) return undefined;
  const { cache, config } = model;
  const shape = { ...cache.shape, frequencies: ropeFrequencies(config) };
  const random = seededRandom(1);
  const replay = new KvReplay(model, runs, signal, JUDGED_TOKENS);
  const measured = { keys: new Array<number>(), values: new Array<number>() };
  try {
    for (const side of ["keys", "values"] as const)
      for (const layer of cache.layers.keys()) {
        const noisy = await Promise.all(
          runs.map(async ({ start, tokens }) => {
            const rows = await cache.readRows(layer, { start, end: start + tokens });
            const noise = { side, layer, weightings, shape, start, random };
            return { start, ...withNoise(rows, noise) };
          }),
        );
        const quality = await replay.judge(() => {
          for (const { start, rows } of noisy) cache.writeRows(layer, start, rows);
        });
        if (!quality) return undefined;
        const variance = noisy.reduce((sum, one) => sum + one.variance, 0) / noisy.length;
        measured[side].push(quality.meanKl / variance);
      }
  } finally {
    replay.end();
  }
  return { keys: floored(measured.keys), values: floored(measured.values) };
}

function floored(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => Math.max(value, LEAST_SHARE * mean, Number.MIN_VALUE));
}
