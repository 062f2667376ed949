import { layerDistances } from "../../kv/sharing/attention-similarity.ts";
import {
  EDGE_THRESHOLD,
  selectPairs,
  type LayerSharingMap,
} from "../../kv/sharing/select-pairs.ts";
import type { CachedRows, WatchedModel } from "../sequence/prepared-model.ts";

/** Layers that share at first; the guard takes pairs away, never adds. Krul's is 0.29. */
const SHARED_LAYERS = 0.1;
/** Rows that a conversation must have been seen attend in before layers are chosen. */
const LEAST_ROWS = 16;

/** Which layers might share, by how the resident conversation was seen to attend. */
export async function chooseMap({
  attention: { similarity },
  cache,
}: WatchedModel & Pick<CachedRows, "cache">): Promise<LayerSharingMap> {
  const nothingSeen = { layers: cache.layers.length, pairs: [] };
  if (!similarity) return nothingSeen;
  const { gram, edgeMass, rows } = await similarity.read();
  if (rows < LEAST_ROWS) return nothingSeen;
  const evidence = { edgeMass, distances: layerDistances(gram) };
  // Every architecture that is loaded has layers of one kind.
  const kinds = cache.layers.map(() => "all");
  const target = { layerShare: SHARED_LAYERS };
  return selectPairs(kinds, evidence, { edgeThreshold: EDGE_THRESHOLD, target }).map;
}
