import { storedForm } from "../../kv/quality/stored-forms.ts";
import { encodeBasis } from "../../kv/codecs/transform/basis-file.ts";
import type { BasisSide, TransformBasis } from "../../kv/codecs/transform-basis.ts";
import { nameBasis } from "../../kv/codecs/transform-basis.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import { encodeChunks } from "../replay/coded-chunks.ts";
import { KvReplay, type ReplayingModel } from "../replay/kv-replay.ts";

/** What `transform-30` costs with Pip's basis, in nats (compression.bench.ts). */
const USUAL_KL = 0.0013;
const CODEC = "transform-30";
/** KL grows with the square of the unit only while it is small. */
const MOST_CHANGE = 4;
const CLOSE = 1.5;
const ROUNDS = 4;

/**
 * The basis in such a unit that a rate costs what it does with others, on the resident conversation. Noise
 * in one layer at a time, from which the weighting comes, does not tell what all together do.
 *
 * @returns undefined if the signal was aborted, or if there are no rows that have left the recent window
 */
export async function inUsualUnit(
  model: ReplayingModel,
  basis: TransformBasis,
  signal: AbortSignal,
): Promise<TransformBasis | undefined> {
  const runs = codableChunks(model.resident);
  const form = storedForm({ codec: CODEC, map: { layers: 0, pairs: [] } }, model.cache.shape);
  if (runs.length === 0 || !form) return undefined;
  let scaled = basis;
  const replay = new KvReplay(model, runs, signal);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      model.valueCoder.useBasis(await nameBasis(scaled, encodeBasis(scaled)));
      const coded = await encodeChunks(model, runs, form, signal);
      const quality = coded && (await replay.measure(coded.values));
      if (!quality) return undefined;
      const ratio = Math.sqrt(quality.meanKl / USUAL_KL);
      if (ratio < CLOSE && ratio > 1 / CLOSE) break;
      scaled = inUnit(scaled, Math.min(Math.max(ratio, 1 / MOST_CHANGE), MOST_CHANGE));
    }
    return scaled;
  } finally {
    replay.end();
    // What was tried is not to be coded with: it has no name yet that is kept.
    model.valueCoder.useBasis(undefined);
  }
}

/** Numbers of the weighted space become so many times as large; the components stay. */
function inUnit(basis: TransformBasis, factor: number): TransformBasis {
  const sized = (side: BasisSide): BasisSide => ({
    ...side,
    weighting: side.weighting.map((value) => value * factor),
    deviations: side.deviations.map((value) => value * factor),
  });
  const groups = basis.groups.map(({ layers, keys, values }) => {
    return { layers, keys: sized(keys), values: sized(values) };
  });
  return { ...basis, groups };
}
