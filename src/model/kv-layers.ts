/**
 * @file Layers that share K and V by design.
 *
 * Some models have fewer K and V than layers. In Cross-Layer Attention (CLA, arXiv:2405.12981) every second or third
 * layer projects K and V, and the layers behind it attend to these. In Gemma 3n the last layers attend to the K and V
 * of one layer before them. A layer that projects K and V is a _cached layer_: only its rows are in the KV cache, are
 * stored and are restored. The others are its _readers_ and only project queries.
 *
 * A cached layer stands before its readers. The opposite, lower layers that attend to the K and V of a top layer
 * (Layer-Condensed KV, arXiv:2405.10637), is refused. Before any layer of a token can run there, the token before it
 * has to have run through all of them. So a prompt cannot be run many tokens at a time (the paper iterates instead and
 * gets approximate rows), and no layer can be recomputed while deeper ones are loaded, which is what a restoration is
 * built on.
 */

import type { HeadShape } from "../../shaders/forward/rope-append.ts";
import type { KvShape } from "../kv/cache/kv-cache.ts";
import { assert } from "../shared/assert.ts";
import { at } from "../shared/at.ts";
import type { IndexRange } from "../shared/index-range.ts";
import type { ModelConfig } from "./model-config.ts";
import { unsupported } from "./model-unsupported.ts";

/** Which layers there are, and whose K and V each of them attends to. */
export type LayerSharing = Pick<ModelConfig, "layers" | "kvLayers">;

/** The layer whose K and V a layer attends to: itself, if it has its own. */
export const kvLayerOf = ({ kvLayers }: LayerSharing, layer: number): number =>
  kvLayers ? at(kvLayers, layer) : layer;

/** Whether a layer has K and V of its own. */
export const isCachedLayer = (sharing: LayerSharing, layer: number): boolean =>
  kvLayerOf(sharing, layer) === layer;

/** The heads that a layer's QKV product has: only those of queries, unless the layer has K and V of its own. */
export function productShape(config: LayerSharing & HeadShape, layer: number): HeadShape {
  const { heads, kvHeads, headDim } = config;
  return { heads, kvHeads: isCachedLayer(config, layer) ? kvHeads : 0, headDim };
}

/** The layers that have K and V of their own, in order. The KV cache has a buffer for each. */
export const cachedLayers = (sharing: LayerSharing): number[] =>
  Array.from({ length: sharing.layers }, (_, layer) => layer).filter((layer) =>
    isCachedLayer(sharing, layer),
  );

/** Which of the KV cache's buffers a layer attends to. */
export const cacheIndexOf = (sharing: LayerSharing, layer: number): number =>
  cachedLayers(sharing).indexOf(kvLayerOf(sharing, layer));

/** For each buffer of the KV cache, the layers that attend to it. The first of them writes it. */
export const layersByCache = (sharing: LayerSharing): number[][] => {
  const all = Array.from({ length: sharing.layers }, (_, layer) => layer);
  return cachedLayers(sharing).map((cached) =>
    all.filter((layer) => kvLayerOf(sharing, layer) === cached),
  );
};

/** How many layers, from the first on, a token has to run through until all its rows are there. */
export const rowLayers = (sharing: LayerSharing): number => (cachedLayers(sharing).at(-1) ?? 0) + 1;

/**
 * The layers that a token has to run through to get its rows in some of the KV cache's buffers, behind those that it
 * ran through for the buffers before. Readers run with the next cached layer, since they leave no rows themselves.
 */
export function layersToRun(sharing: LayerSharing, { start, end }: IndexRange): IndexRange {
  assert(start < end, `no buffers ${start} to ${end}`);
  const cached = cachedLayers(sharing);
  return { start: start === 0 ? 0 : at(cached, start - 1) + 1, end: at(cached, end - 1) + 1 };
}

/** The shape of a model's KV cache, which has no rows of layers that attend to those of another. */
export function kvShapeOf(
  config: LayerSharing & Omit<KvShape, "layers" | "valueBytes">,
): Omit<KvShape, "valueBytes"> {
  const { kvHeads, headDim, contextTokens } = config;
  return { layers: cachedLayers(config).length, kvHeads, headDim, contextTokens };
}

/** Throws `model-unsupported` unless every layer attends to its own K and V or to those of a cached layer before it. */
export function refuseUnsupportedSharing(sharing: LayerSharing): void {
  const { layers, kvLayers } = sharing;
  if (!kvLayers) return;
  if (kvLayers.length !== layers)
    throw unsupported("shape", `K and V of ${kvLayers.length} layers, not ${layers}`);
  for (const [layer, cached] of kvLayers.entries()) {
    if (cached > layer)
      throw unsupported("shape", `layer ${layer} reads K and V of layer ${cached} above it`);
    if (kvLayers[cached] !== cached)
      throw unsupported("shape", `layer ${layer} reads K and V of layer ${cached}, which has none`);
  }
}
