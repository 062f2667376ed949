import { layerGroups } from "../cache/chunk-layout.ts";
import type { KvShape } from "../cache/kv-cache.ts";
import type { LayerPair } from "../sharing/select-pairs.ts";
import type { ChunkValueShape } from "./chunk-value.ts";

/** What the rows of a chunk are stored as. */
export interface StoredForm {
  /** The name of each layer's codec. A pair of layers has the codec of the layer that keeps the rows. */
  codecOf: (layer: number) => string;
  pairs: readonly LayerPair[];
}

/** Consecutive rows of all layers. */
export interface ChunkRun {
  /** Position of the first row. */
  start: number;
  tokens: number;
  /** How many of the first tokens are sinks, whose rows are stored as they are. */
  sinkTokens: number;
}

/** The shape of each layer group's value of a chunk of so many tokens. */
export function valueShapes(shape: KvShape, tokens: number): ChunkValueShape[] {
  const { kvHeads, headDim, layers: modelLayers } = shape;
  return layerGroups(shape).map((layers) => ({ tokens, layers, kvHeads, headDim, modelLayers }));
}
