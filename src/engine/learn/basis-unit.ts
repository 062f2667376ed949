import { storedForm } from "../../kv/quality/stored-forms.ts";
import { encodeBasis } from "../../kv/codecs/transform/basis-file.ts";
import type { BasisSide, TransformBasis } from "../../kv/codecs/transform-basis.ts";
import { nameBasis } from "../../kv/codecs/transform-basis.ts";
import { newestChunks } from "../replay/backed-up-chunks.ts";
import { encodeChunks } from "../replay/coded-chunks.ts";
import { KvReplay, type ReplayingModel } from "../replay/kv-replay.ts";

/** What `transform-30` costs with Pip's basis, in nats (compression.bench.ts). */
const USUAL_KL = 0.0013;
const CODEC = "transform-30";
/** The unit changes by this factor at most in one round, since KL grows with its square only while it is small. */
const MOST_CHANGE = 4;
/** A unit that is off by less than this factor is close enough. */
const CLOSE = 1.5;
const ROUNDS = 4;

/**
 * The basis in a unit in which a rate costs what it costs with other bases, measured on the resident conversation.
 * The weighting comes from noise in one layer at a time, which does not tell what errors in all layers do together.
 *
 * @returns undefined if the signal was aborted, or if there are no rows that have left the recent window
 */
export async function inUsualUnit(
  model: ReplayingModel,
  basis: TransformBasis,
  signal: AbortSignal,
): Promise<TransformBasis | undefined> {
  const before = model.valueCoder.basis;
  const runs = newestChunks(model);
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
    // The bases that were tried are not stored, so nothing may be coded with them.
    model.valueCoder.useBasis(before);
  }
}

/** Makes numbers of the weighted space `factor` times as large. The components stay. */
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
