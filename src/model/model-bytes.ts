import { weightBytes } from "../../shaders/forward/weight-format.ts";
import { rowBytes } from "../kv/cache/kv-cache.ts";
import { assert } from "../shared/assert.ts";
import { isVector } from "./architectures/architecture.ts";
import { kvShapeOf } from "./kv-layers.ts";
import type { ModelOutline, StoredWeight } from "./model-outline.ts";

/** The GPU memory that a model's weights and its KV cache take, and the largest buffer among them. */
export function modelBytes({ config, weights }: ModelOutline): {
  bytes: number;
  largestBufferBytes: number;
} {
  const cache = kvShapeOf(config);
  const rows = new Array<number>(cache.layers).fill(cache.contextTokens * rowBytes(cache));
  const buffers = [...weights.map(sizeOf), ...rows];
  return {
    bytes: buffers.reduce((sum, size) => sum + size, 0),
    largestBufferBytes: Math.max(...buffers),
  };
}

/** Bytes of each layer's weights. The embedding counts to the first layer, the final norm and the head to the last. */
export function layerWeightBytes({ config, weights }: ModelOutline): number[] {
  const layers = new Array<number>(config.layers).fill(0);
  for (const weight of weights) {
    const layer = Math.min(weight.layer, config.layers - 1);
    layers[layer] = (layers[layer] ?? 0) + sizeOf(weight);
  }
  return layers;
}

/**
 * Bytes of a weight's buffer. A matrix of codes has `codes` and, behind them, `scales`; for everything else `codes` are
 * all the bytes.
 */
export function storedBytes({ key, kind, shape, format }: StoredWeight): {
  codes: number;
  scales: number;
} {
  const [rows = 0, columns] = shape;
  if (isVector(kind)) return { codes: rows * 4, scales: 0 };
  assert(columns !== undefined, `${key} is no matrix`);
  return weightBytes(format, { rows, columns });
}

function sizeOf(weight: StoredWeight): number {
  const { codes, scales } = storedBytes(weight);
  return codes + scales;
}
