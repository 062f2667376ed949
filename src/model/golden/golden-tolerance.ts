import type { KernelChoice } from "../forward/kernels.ts";

/** How far a model may be from its reference, which computes in f32. */
export interface GoldenTolerance {
  /** For a logit. Those of the reference models have a standard deviation of about 5. */
  logits: number;
  /** Greedy tokens are compared up to the first step whose two largest logits are closer than this. */
  leastGap: number;
  /** For a number of K or V, relative to the root mean square of its row. */
  rows: number;
}

/**
 * With inputs of products in f32, what is left is the rounding of K and V to f16, which moves the reference models'
 * logits by 0.013 at most; with inputs in f16 it is 0.027, and more with weights in 4 bits.
 *
 * The rows of a layer follow from the rounded rows of the layers below: each of their numbers is off by a relative
 * 2^-11 as a rule, in either direction. Numbers that are computed from many of them are off by about as much of what is
 * usual in a row; 2^-7 leaves room for deeper models.
 */
const TOLERANCES: Readonly<Record<"f32" | "f16", GoldenTolerance>> = {
  f32: { logits: 0.03, leastGap: 0.05, rows: 2 ** -7 },
  f16: { logits: 0.1, leastGap: 0.1, rows: 2 ** -5 },
};

/** What a model may be off by that runs with these kernels. */
export const goldenTolerance = ({ matmul }: Pick<KernelChoice, "matmul">): GoldenTolerance =>
  TOLERANCES[matmul.inputs];

/** A conversion to f16 may take either neighbour in WGSL. */
const F16_ROUNDING = 2 ** -10;

/** How far each number of a row of K or V may be off, which is stored as f16. */
export function rowTolerance(
  row: Float32Array,
  { rows }: GoldenTolerance,
): (value: number) => number {
  const meanSquare = row.reduce((sum, value) => sum + value * value, 0) / row.length;
  const carried = rows * Math.sqrt(meanSquare);
  return (value) => carried + F16_ROUNDING * Math.abs(value);
}
