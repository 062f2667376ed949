import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import type { CompressionCandidate, GuardedCodec } from "../../kv/quality/quality-guard.ts";
import type { LayerSharingMap } from "../../kv/sharing/select-pairs.ts";
import type { ChunkRun } from "../../kv/value/value-coder.ts";
import type { LossyLevel } from "../../protocol/quality.ts";
import type { MeasureDetails } from "../../protocol/measures.ts";
import type { ReadyModel } from "../sequence/prepared-model.ts";
import { isWorthDecoding } from "./worth-decoding.ts";

/** The fewest bits that a level tries: with less hardly a conversation of Pip's holds (compression.bench.ts). */
const LEAST_BITS: Readonly<Record<LossyLevel, GuardedCodec>> = {
  balanced: "int3-int4",
  compact: "int2-int4",
};

/** The same with a basis. A rate costs about the same with every model and every basis. */
const LARGEST_STEP: Readonly<Record<LossyLevel, GuardedCodec>> = {
  balanced: "transform-30",
  compact: "transform-60",
};

/** Of a chunk's bytes, what transforming mostly leaves. */
const USUAL_SHARE = 1 / 20;

interface Coded {
  map: LayerSharingMap;
  level: LossyLevel;
  runs: readonly ChunkRun[];
}

/** Why no transform is tried, if none is. */
export function whyUntransformed(
  { valueCoder, transformer, restorationCosts }: ReadyModel,
  { level, runs }: Pick<Coded, "level" | "runs">,
): MeasureDetails["kv.compress"]["untransformed"] {
  if (!valueCoder.hasBasis) return "no-basis";
  const { shape, rowBytes } = transformer.cache;
  const valueBytes = layerGroups(shape).map(
    ({ start, end }) => (end - start) * CHUNK_TOKENS * rowBytes * USUAL_SHARE,
  );
  const isWorth = runs.every(({ start }) =>
    isWorthDecoding(restorationCosts.profile, {
      start,
      lineage: level,
      valueBytes,
      layers: shape.layers,
    }),
  );
  return isWorth ? undefined : "slow-decoding";
}

/** QG8: transformed rows take fewer bytes than any that the fewest bits make of them. */
export function firstCandidates(model: ReadyModel, coded: Coded): CompressionCandidate[] {
  const { map, level } = coded;
  const bits = { map, codec: LEAST_BITS[level] };
  if (whyUntransformed(model, coded)) return [bits];
  return [{ map: { ...map, pairs: [] }, codec: LARGEST_STEP[level] }, bits];
}
