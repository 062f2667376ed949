import { seededRandom } from "../../linalg/matrix.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import { newestChunks } from "../replay/backed-up-chunks.ts";
import { KvReplay, type ReplayingModel } from "../replay/kv-replay.ts";
import { noiseSensitivity, type LayerRows, type Sensitivity } from "./noise-sensitivity.ts";

/** How many tokens at the end are run on top of the noise. */
const JUDGED_TOKENS = 64;
/** The least that a layer counts, as a share of the mean: if noise in it did nothing, that was luck. */
const LEAST_SHARE = 0.1;

/**
 * What an error in each layer does, measured on the resident conversation. The cache holds other rows meanwhile.
 *
 * @returns undefined if the signal was aborted, or if there are no rows that have left the recent window
 */
export async function layerSensitivity(
  model: ReplayingModel,
  weightings: Weightings,
  signal: AbortSignal,
): Promise<Sensitivity | undefined> {
  const runs = newestChunks(model);
  if (runs.length === 0) return undefined;
  const { cache, config } = model;
  const replay = new KvReplay(model, runs, signal, { tokens: JUDGED_TOKENS });
  const conversation = {
    layers: cache.layers.length,
    readRows: (layer: number) =>
      Promise.all(
        runs.map(async ({ start, tokens }) => {
          return { start, rows: await cache.readRows(layer, { start, end: start + tokens }) };
        }),
      ),
    judge: async (layer: number, noisy: readonly LayerRows[]) => {
      const quality = await replay.judge({
        layers: { start: layer, end: layer + 1 },
        write() {
          for (const { start, rows } of noisy) cache.writeRows(layer, start, rows);
        },
      });
      return quality?.meanKl;
    },
  };
  const shape = { ...cache.shape, frequencies: ropeFrequencies(config) };
  try {
    const terms = { weightings, shape, random: seededRandom(1) };
    const measured = await noiseSensitivity(conversation, terms);
    return measured && { keys: floored(measured.keys), values: floored(measured.values) };
  } finally {
    replay.end();
  }
}

function floored(values: readonly number[]): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => Math.max(value, LEAST_SHARE * mean, Number.MIN_VALUE));
}
