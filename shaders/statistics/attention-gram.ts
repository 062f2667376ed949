import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import wgsl from "./attention-gram.wgsl?raw";
import { weightRowConstants, type WeightRows } from "./attention-rows.ts";
import { reduceSnippet, type LaneSharing } from "../reduce.ts";

export type AttentionGramBinding = "weights" | "sums" | "step" | "sample";

/** Layers along one side of a tile. */
const TILE = 4;
/** Fractional bits of a sum. */
const FRACTION_BITS = 40;

/** Sums over all sampled rows so far. */
export interface GramSums {
  /** G [layers, layers], symmetric: products of the attention weights of each pair of layers. */
  gram: Float64Array;
  /** E [layers]: each layer's attention weight on the first and last tenth of the positions that a row sees. */
  edge: Float64Array;
}

export function attentionGramSource(
  shape: WeightRows & { layers: number },
  sharing: LaneSharing,
): KernelSource<AttentionGramBinding> {
  const reduce = reduceSnippet(sharing);
  return {
    label: "attention-gram",
    name: "attention-gram",
    wgsl: [reduce.wgsl, wgsl],
    constants: { ...reduce.constants, ...weightRowConstants(shape), LAYERS: shape.layers },
    features: reduce.features,
    bindings: { weights: "read", sums: "write", step: "uniform", sample: "uniform" },
  };
}

/** @param sampledRows number of sampled rows of the step */
export function attentionGramGrid(
  layers: number,
  sampledRows: number,
  { lanes, workgroup }: LaneSharing,
): Grid {
  const side = Math.ceil(layers / TILE);
  const tiles = (side * (side + 1)) / 2;
  return [Math.ceil(tiles / (workgroup / lanes)), sampledRows];
}

/** Bytes of the buffer `sums`. */
export const gramBytes = (layers: number): number => (layers * layers + layers) * 8;

/** Read the contents of the buffer `sums`, and fill in the lower triangle. */
export function readGram(sums: Uint32Array, layers: number): GramSums {
  const value = (cell: number) =>
    ((sums[2 * cell] ?? NaN) + (sums[2 * cell + 1] ?? NaN) * 2 ** 32) * 2 ** -FRACTION_BITS;
  return {
    gram: Float64Array.from({ length: layers * layers }, (_, cell) => {
      const [i, j] = [Math.floor(cell / layers), cell % layers];
      return value(Math.min(i, j) * layers + Math.max(i, j));
    }),
    edge: Float64Array.from({ length: layers }, (_, layer) => value(layers * layers + layer)),
  };
}

/**
 * The same sums in plain loops and f64.
 *
 * @param weights attention weights of each layer, [rows, groups, context], 0 past a row's own position
 * @param seen number of positions that each row sees, its own included
 */
export function attentionGramReference(
  weights: readonly Float64Array[],
  seen: readonly number[],
): GramSums {
  const layers = weights.length;
  const rowSize = (weights[0]?.length ?? 0) / seen.length;
  const context = Math.max(...seen);
  const gram = new Float64Array(layers * layers);
  const edge = new Float64Array(layers);
  weights.forEach((a, i) => {
    weights.forEach((b, j) => {
      gram[i * layers + j] = a.reduce((sum, weight, at) => sum + weight * (b[at] ?? NaN), 0);
    });
    edge[i] = a.reduce((sum, weight, at) => {
      const positions = seen[Math.floor(at / rowSize)] ?? NaN;
      const position = at % context;
      const tenth = Math.ceil(positions / 10);
      const atEdge = position < tenth || position >= positions - tenth;
      return sum + (atEdge ? weight : 0);
    }, 0);
  });
  return { gram, edge };
}
