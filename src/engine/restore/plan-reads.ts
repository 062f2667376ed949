import { CHUNK_TOKENS, layerGroups } from "../../kv/cache/chunk-layout.ts";
import { layersToRun, type LayerSharing } from "../../model/kv-layers.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import { layerMs, prepareMs, transferMs } from "../../restore/device-profile.ts";
import { planRestoration, type RestorationPlan } from "../../restore/plan-restoration.ts";
import type { SavedSequence } from "../../restore/staircase.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { familyOfFound } from "../sequence/chunk-family.ts";
import { isCoded } from "../sequence/kv-identity.ts";
import type { FoundChunk } from "../sequence/stored-sequence.ts";
import { storedChunk } from "./choose-chunks.ts";
import type { CachedRows, RestorableModel, StorableRows } from "../sequence/prepared-model.ts";
import type { RestoreRequest } from "./restore-request.ts";
import type { ChunkGroup } from "./streams/store-stream.ts";

/** What a plan depends on: how rows lie in the cache, and what restoring them takes. */
export interface PlanningModel {
  config: LayerSharing;
  cache: Pick<CachedRows["cache"], "shape" | "rowBytes">;
  resident: Pick<CachedRows["resident"], "length">;
  layers: Pick<RestorableModel["layers"], "rowLayers" | "missingBytes" | "hasKernels">;
  valueCoder: Pick<StorableRows["valueCoder"], "preparationOf">;
  restorationCosts: Pick<RestorableModel["restorationCosts"], "profile" | "compileMs">;
}

/** For each group of stored layers, the layers that have to run for its rows. Together they are consecutive. */
export const layersOfGroups = ({
  config,
  cache,
}: Pick<PlanningModel, "config" | "cache">): IndexRange[] =>
  layerGroups(cache.shape).map((group) => layersToRun(config, group));

/** A sequence as the planner sees it: what of it is resident, and what is stored. @param tokens of the sequence */
export function savedSequence(
  model: PlanningModel,
  tokens: number,
  chunks: readonly FoundChunk[],
): SavedSequence {
  const { layers, resident, restorationCosts } = model;
  const groups = layersOfGroups(model);
  const needsDecoding = chunks.some(({ lineage }) => isCoded(lineage));
  const { compileMs } = restorationCosts;
  // Kernels of both kinds are compiled at the same time, and what decoding takes besides is made meanwhile.
  const compiledMs = !layers.hasKernels && needsDecoding ? compileMs : 0;
  const decodeFromMs = Math.max(compiledMs, preparationMs(model, chunks));
  return {
    tokens,
    residentTokens: resident.length,
    layerGroups: groups,
    chunks: chunks.map((chunk) => storedChunk(groups, chunk)),
    weightBytes: layers.missingBytes,
    ...(!layers.hasKernels && { computeFromMs: compileMs }),
    ...(decodeFromMs > 0 && { decodeFromMs }),
  };
}

/** What the families of chunks still have to make before they decode. */
function preparationMs(
  { valueCoder, restorationCosts: { profile } }: PlanningModel,
  chunks: readonly FoundChunk[],
): number {
  const families = new Set(chunks.map((chunk) => familyOfFound(chunk)));
  const times = [...families].map((family) => {
    const preparation = family === undefined ? undefined : valueCoder.preparationOf(family);
    const isMade = preparation?.ms !== undefined;
    return preparation && !isMade ? prepareMs(profile, family ?? "", preparation.bytes) : 0;
  });
  return Math.max(0, ...times);
}

/** The plan of a sequence under a scheme. */
export function planFor(
  { restorationCosts: { profile } }: PlanningModel,
  saved: SavedSequence,
  scheme: RestorationScheme,
): RestorationPlan {
  const plan = planRestoration(profile, saved, scheme);
  if (plan.recompute.length > 0 || plan.holes.length > 0) return plan;
  // Where nothing is computed, rows are read beside the weights and wait for none of the model's kernels.
  const alone = { ...saved, weightBytes: [], computeFromMs: 0 };
  return { ...plan, prediction: planRestoration(profile, alone, "load").prediction };
}

/**
 * Whether it seems that all will be loaded, before it is known what is stored: reading the missing rows in f16 would
 * take much less time than computing them.
 */
export function seemsWorthLoading(
  { cache, layers, restorationCosts, resident }: PlanningModel,
  { tokens, scheme }: Pick<RestoreRequest, "tokens" | "scheme">,
): boolean {
  if (scheme !== "auto") return scheme === "load";
  const missing = tokens.length - resident.length;
  const { read, prefill } = restorationCosts.profile;
  const values = layerGroups(cache.shape).length * Math.ceil(missing / CHUNK_TOKENS);
  const bytes = missing * cache.rowBytes * cache.shape.layers;
  const readMs = transferMs({ ...read, fixedMs: read.fixedMs * values }, bytes);
  return readMs * MUCH < layers.rowLayers * layerMs(prefill, missing, resident.length);
}

/** How many times as long computing takes where reading takes much less time. */
const MUCH = 4;

/** The values that the plan loads, among those that were found. */
export function valuesToLoad(
  { loads, staircase }: RestorationPlan,
  chunks: readonly FoundChunk[],
): ChunkGroup[] {
  return loads.flatMap(({ rows, layers }): ChunkGroup[] => {
    const chunk = chunks.find(({ startToken, tokens }) => startToken + tokens === rows.end);
    const group = staircase.findIndex((stair) => stair.layers.start === layers.start);
    return chunk ? [{ chunk, group }] : [];
  });
}

/**
 * The stored values of rows that the plan computes, from the frontier towards the front. When all else is loaded, the
 * store goes on with these, beginning where the GPU will come last. The stream that is first at a value brings it.
 */
export function valuesBeyond(
  planned: readonly ChunkGroup[],
  { staircase }: RestorationPlan,
  chunks: readonly FoundChunk[],
): ChunkGroup[] {
  const isPlanned = ({ chunk, group }: ChunkGroup) =>
    planned.some((one) => one.group === group && one.chunk.startToken === chunk.startToken);
  return chunks
    .toReversed()
    .flatMap((chunk) => [...staircase.keys()].reverse().map((group) => ({ chunk, group })))
    .filter((place) => !isPlanned(place));
}
