import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import { halfBits } from "../exact-f16.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import { mergedLayoutSnippet, type MergedRun, type RowPair } from "./merged-layout.ts";
import wgsl from "./merge-rows.wgsl?raw";

export type MergeRowsBinding =
  "keep" | "share" | "directions" | "magnitudes" | "divergence" | "run";

export function mergeRowsSource(shape: RowShape): KernelSource<MergeRowsBinding> {
  const shared = mergedLayoutSnippet(shape);
  return {
    label: "merge-rows",
    name: "merge-rows",
    wgsl: [...shared.wgsl, wgsl],
    constants: shared.constants,
    bindings: {
      keep: "read",
      share: "read",
      directions: "write",
      magnitudes: "write",
      divergence: "write",
      run: "uniform",
    },
  };
}

export function mergeRowsGrid({ kvHeads }: RowShape, { tokens }: MergedRun): Grid {
  return [Math.ceil((tokens * 2 * kvHeads) / 64)];
}

/** Vectors of two layers, merged. */
export interface MergedVectors {
  /** f16 bits [vectors, headDim]: vectors of length 1, or zeros where both layers have zeros. */
  directions: Uint16Array<ArrayBuffer>;
  /** f16 bits [vectors, 2]: the lengths of both layers' vectors. */
  magnitudes: Uint16Array<ArrayBuffer>;
  /** [vectors]: squared distance of the two directions, 0 to 4. */
  divergence: Float64Array<ArrayBuffer>;
}

/**
 * The kernel's results, computed in f64. Its directions and magnitudes may differ by one step of f16 where a
 * number lies almost halfway between two, and an adapter may take subnormal numbers for 0.
 *
 * @param pair [vectors, headDim] f16 bits of either layer, finite
 * @param t place on the arc from the first layer's direction (0) to the second's (1). The kernel has 1/2.
 */
export function mergeRowsReference(
  [keep, share]: RowPair,
  headDim: number,
  t = 0.5,
): MergedVectors {
  assert(keep.length === share.length, `rows of ${keep.length} and of ${share.length} numbers`);
  const vectors = keep.length / headDim;
  const directions = new Uint16Array(keep.length);
  const magnitudes = new Uint16Array(2 * vectors);
  const divergence = new Float64Array(vectors);
  for (let i = 0; i < vectors; i++) {
    const at = i * headDim;
    const pair: PolarPair = [polarAt(keep, at, headDim), polarAt(share, at, headDim)];
    magnitudes.set(
      pair.map(({ magnitude }) => halfBits(magnitude)),
      2 * i,
    );
    divergence[i] = divergenceOf(pair);
    directions.set(directionBetween(pair, t).map(halfBits), at);
  }
  return { directions, magnitudes, divergence };
}

interface Polar {
  magnitude: number;
  /** Vector of length 1, or zeros. */
  direction: Float64Array;
}

type PolarPair = readonly [Polar, Polar];

const polarAt = (rows: Uint16Array, at: number, headDim: number): Polar =>
  polar(Float64Array.from(rows.subarray(at, at + headDim), f16ToF32));

function polar(vector: Float64Array): Polar {
  const magnitude = lengthOf(vector);
  return { magnitude, direction: magnitude === 0 ? vector : vector.map((x) => x / magnitude) };
}

const lengthOf = (vector: Float64Array): number =>
  Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));

const mix = ([u, v]: PolarPair, weights: readonly [number, number]): Float64Array =>
  u.direction.map((x, i) => weights[0] * x + weights[1] * (v.direction[i] ?? NaN));

/** Directions count as opposite if |u' + v'| is below this. */
const OPPOSITE = 1e-3;
/** Directions count as the same if |u' - v'| is below this. */
const SAME = 2 ** -20;

function divergenceOf([u, v]: PolarPair): number {
  if (u.magnitude === 0 || v.magnitude === 0) return 0;
  const apart = lengthOf(mix([u, v], [1, -1]));
  return apart < SAME ? 0 : apart ** 2;
}

/** SLERP without its common divisor, since the result is brought to length 1 anyway. */
function directionBetween([u, v]: PolarPair, t: number): Float64Array {
  if (u.magnitude === 0) return v.direction;
  if (v.magnitude === 0) return u.direction;
  const apart = lengthOf(mix([u, v], [1, -1]));
  const together = lengthOf(mix([u, v], [1, 1]));
  if (apart === 0) return u.direction;
  if (together < OPPOSITE) return (t <= 0.5 ? u : v).direction;
  // This is Kahan's formula. An arc cosine would lose half of the digits near 0 and π.
  const angle = 2 * Math.atan2(apart, together);
  return polar(mix([u, v], [Math.sin((1 - t) * angle), Math.sin(t * angle)])).direction;
}
