import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import type { CompressionCandidate } from "../../kv/quality/quality-guard.ts";
import { canShare, firstRates } from "../../kv/quality/rate-ladders.ts";
import type { LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import type { CachedRows, RestorableModel, StorableRows } from "../sequence/prepared-model.ts";
import { isWorthDecoding } from "./worth-decoding.ts";

/** The share of a chunk's bytes that is mostly left after transforming. */
const USUAL_SHARE = 1 / 20;

/** Chunks that are to be stored in fewer bytes. */
interface Coded {
  map: LayerSharingMap;
  level: LossyLevel;
  runs: readonly ChunkRun[];
}

/** What the choice of candidates depends on. */
export interface CandidateModel {
  valueCoder: Pick<StorableRows["valueCoder"], "hasBasis">;
  cache: Pick<CachedRows["cache"], "shape" | "rowBytes">;
  restorationCosts: Pick<RestorableModel["restorationCosts"], "profile">;
}

/** Says why no transform is tried. Undefined if one is. */
export function whyUntransformed(
  { valueCoder, cache, restorationCosts }: CandidateModel,
  { level, runs }: Pick<Coded, "level" | "runs">,
): MeasureDetails["kv.compress"]["untransformed"] {
  if (!valueCoder.hasBasis) return "no-basis";
  const { shape, rowBytes } = cache;
  const valueBytes = layerGroups(shape).map(
    ({ start, end }) => (end - start) * CHUNK_TOKENS * rowBytes * USUAL_SHARE,
  );
  const families = firstRates(level).flatMap(({ family }) =>
    family.needsBasis ? [family.name] : [],
  );
  const isWorth = runs.every(({ start }) =>
    families.every((family) =>
      isWorthDecoding(restorationCosts.profile, {
        start,
        family,
        valueBytes,
        layers: shape.layers,
      }),
    ),
  );
  return isWorth ? undefined : "slow-decoding";
}

/** The forms that are tried first, by rule QG8. Layers share only where the codecs can code the rows they share. */
export function firstCandidates(model: CandidateModel, coded: Coded): CompressionCandidate[] {
  const { map, level } = coded;
  const { shape } = model.cache;
  const isTransformable = whyUntransformed(model, coded) === undefined;
  return firstRates(level)
    .filter(({ family }) => isTransformable || !family.needsBasis)
    .map(({ rate }) => {
      return { map: canShare(rate, shape) ? map : { ...map, pairs: [] }, codec: rate };
    });
}
