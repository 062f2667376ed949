import { seededRandom } from "../../linalg/matrix.ts";
import type { LayerHarm } from "../../kv/basis/basis-learner.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { ropeFrequencies } from "../../model/rope.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import { newestChunks } from "../replay/backed-up-chunks.ts";
import { KvReplay, type ReplayingModel } from "../replay/kv-replay.ts";
import { NOISE, withNoise } from "./row-noise.ts";

/** How many tokens at the end are run on top of the noise. */
const JUDGED_TOKENS = 32;
/** A band is layers that get noise together. There are at most this many, whatever the model. */
const MOST_BANDS = 12;
/** The least that a layer counts, as a share of the mean: if noise in it did nothing, that was luck. */
const LEAST_SHARE = 0.1;

const SIDES = ["keys", "values"] as const;

/** What was measured until now. A layer that was not measured yet is undefined. */
export type MeasuredHarm = Readonly<
  Record<(typeof SIDES)[number], readonly (number | undefined)[]>
>;

export const nothingMeasured = (layers: number): MeasuredHarm => ({
  keys: new Array<undefined>(layers).fill(undefined),
  values: new Array<undefined>(layers).fill(undefined),
});

/**
 * Layers that get noise together. The first and the last layer are alone, because they differ most from their
 * neighbours.
 */
export function harmBands(layers: number): IndexRange[] {
  if (layers <= MOST_BANDS)
    return Array.from({ length: layers }, (_, start) => ({ start, end: start + 1 }));
  const inner = MOST_BANDS - 2;
  const edge = (i: number) => 1 + Math.round((i * (layers - 2)) / inner);
  const between = Array.from({ length: inner }, (_, i) => ({ start: edge(i), end: edge(i + 1) }));
  return [{ start: 0, end: 1 }, ...between, { start: layers - 1, end: layers }];
}

/** All layers of both sides, none counting next to nothing. Undefined while some were not measured. */
export function wholeHarm({ keys, values }: MeasuredHarm): LayerHarm | undefined {
  const [ofKeys, ofValues] = [floored(keys), floored(values)];
  return ofKeys && ofValues && { keys: ofKeys, values: ofValues };
}

function floored(measured: readonly (number | undefined)[]): number[] | undefined {
  const known = measured.filter((value) => value !== undefined);
  if (known.length < measured.length) return undefined;
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  return known.map((value) => Math.max(value, LEAST_SHARE * mean, Number.MIN_VALUE));
}

/**
 * Goes on measuring what an error in each layer does, on the resident conversation: the KL of the next token for
 * noise in a band of layers, a share of the variance of each, divided by that share. Within a band all layers count
 * alike. The cache holds other rows meanwhile.
 *
 * @param known what was measured before. It is not measured again
 * @returns what is known now: not all, if the signal was aborted or no rows have left the recent window
 */
export async function measureHarm(
  model: ReplayingModel,
  {
    known,
    weightings,
    signal,
  }: { known: MeasuredHarm; weightings: Weightings; signal: AbortSignal },
): Promise<MeasuredHarm> {
  const runs = newestChunks(model);
  const isWhole = wholeHarm(known) !== undefined;
  if (isWhole || runs.length === 0 || signal.aborted) return known;
  const harm = { keys: [...known.keys], values: [...known.values] };
  const replay = new KvReplay(model, runs, signal, { tokens: JUDGED_TOKENS });
  const random = seededRandom(1);
  try {
    for (const side of SIDES)
      for (const band of harmBands(harm.keys.length)) {
        if (harm[side][band.start] !== undefined) continue;
        const rows = await noisyRows(model, { side, band, runs, weightings, random });
        const quality = await replay.judge({
          layers: band,
          write(cached) {
            for (const one of rows)
              if (cached.includes(one.layer)) model.cache.writeRows(one.layer, one.start, one.rows);
          },
        });
        if (!quality) return harm;
        const each = quality.meanKl / (band.end - band.start) / NOISE ** 2;
        harm[side].fill(each, band.start, band.end);
      }
    return harm;
  } finally {
    replay.end();
  }
}

interface NoisyBand {
  side: (typeof SIDES)[number];
  band: IndexRange;
  runs: readonly ChunkRun[];
  weightings: Weightings;
  random: () => number;
}

async function noisyRows({ cache, config }: ReplayingModel, { band, runs, ...noise }: NoisyBand) {
  const shape = { ...cache.shape, frequencies: ropeFrequencies(config) };
  const noisy: { layer: number; start: number; rows: Uint8Array<ArrayBuffer> }[] = [];
  for (let layer = band.start; layer < band.end; layer++)
    for (const { start, tokens } of runs) {
      const rows = await cache.readRows(layer, { start, end: start + tokens });
      noisy.push({ layer, start, rows: withNoise(rows, { ...noise, layer, start, shape }).rows });
    }
  return noisy;
}
