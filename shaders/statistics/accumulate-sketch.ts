import type { AdapterDescription } from "../../src/device/device.ts";
import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import direct from "./accumulate-sketch-direct.wgsl?raw";
import tiled from "./accumulate-sketch-tiled.wgsl?raw";

export type AccumulateSketchBinding = "a" | "b" | "out" | "size";

/**
 * What is multiplied:
 * `project` computes P = X Ω, where X is [rows, depth].
 * `add` computes Y += Xᵀ P, where X is [depth, rows].
 * `add-square` computes C += Xᵀ X, where X is bound twice. Only the part of C on and above the diagonal holds.
 */
export type SketchProduct = "project" | "add" | "add-square";

export interface ProductSize {
  rows: number;
  columns: number;
  depth: number;
}

/** `tiled` goes through workgroup memory, `direct` does without. */
export type ProductVariant = "tiled" | "direct";

/** The variant that is fast on an adapter. */
export const productVariant = ({ software }: AdapterDescription): ProductVariant =>
  software ? "direct" : "tiled";

export function accumulateSketchSource(
  product: SketchProduct,
  variant: ProductVariant,
): KernelSource<AccumulateSketchBinding> {
  return {
    label: `accumulate-sketch ${product} ${variant}`,
    name: "accumulate-sketch",
    wgsl: [variant === "tiled" ? tiled : direct],
    constants: {
      TRANSPOSED: product === "project",
      ADD: product !== "project",
      SYMMETRIC: product === "add-square",
    },
    bindings: { a: "read", b: "read", out: "write", size: "uniform" },
  };
}

export function accumulateSketchGrid(
  { rows, columns }: ProductSize,
  variant: ProductVariant,
): Grid {
  return variant === "tiled"
    ? [Math.ceil(columns / 64), Math.ceil(rows / 64)]
    : [Math.ceil(columns / 256), Math.ceil(rows / 16)];
}

/** The `size` uniform: u32 rows, columns, depth. */
export function sizeParams({ rows, columns, depth }: ProductSize): Uint32Array<ArrayBuffer> {
  const areQuads = [rows, columns, depth].every((count) => count > 0 && count % 4 === 0);
  assert(areQuads, `${rows} × ${columns} × ${depth} are not multiples of 4`);
  return Uint32Array.of(rows, columns, depth);
}

/**
 * The product in plain loops and f64: [rows, columns].
 *
 * @param a [depth, rows], for `project` [rows, depth]
 * @param b [depth, columns]
 */
export function accumulateSketchReference(
  product: SketchProduct,
  { a, b }: { a: Float32Array; b: Float32Array },
  { rows, columns, depth }: ProductSize,
): Float64Array {
  const at = (row: number, k: number) =>
    a[product === "project" ? row * depth + k : k * rows + row] ?? NaN;
  return Float64Array.from({ length: rows * columns }, (_, cell) => {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    let sum = 0;
    for (let k = 0; k < depth; k++) sum += at(row, k) * (b[k * columns + column] ?? NaN);
    return sum;
  });
}
