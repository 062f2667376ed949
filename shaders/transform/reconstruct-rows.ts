import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import {
  basisGroupSnippet,
  channelsOf,
  INVOCATION_TOKENS,
  tilesOf,
  type GroupShape,
  type GroupTransform,
  type SteppedRun,
} from "./basis-group.ts";
import { halfBits } from "../exact-f16.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import exactF16 from "../exact-f16.wgsl?raw";
import wgsl from "./reconstruct-rows.wgsl?raw";
import { recoverKeysReference } from "../rows/precondition-keys.ts";

export type ReconstructRowsBinding =
  "rotation" | "mean" | "matrix" | "live" | "codes" | "rows" | "run" | "group";

/** The kernel. Its `matrix` comes from `packInverse`. */
export function reconstructRowsSource(shape: RowShape): KernelSource<ReconstructRowsBinding> {
  const { wgsl: shared, constants } = basisGroupSnippet(shape);
  return {
    label: "reconstruct-rows",
    name: "reconstruct-rows",
    wgsl: [exactF16, shared, wgsl],
    constants,
    bindings: {
      rotation: "read",
      mean: "read",
      matrix: "read",
      live: "read",
      codes: "read",
      rows: "write",
      run: "uniform",
      group: "uniform",
    },
  };
}

export function reconstructRowsGrid(shape: GroupShape, tokens: number): Grid {
  return [Math.ceil((shape.layers * 2 * tilesOf(shape) * tokens) / INVOCATION_TOKENS / 64)];
}

/**
 * Reconstruct the whole group's rows in f64, and round them at the end. Overwrites the rows that are not skipped.
 *
 * @param layers rows of the run in each layer, [tokens, 2, kvHeads, headDim] f16 bits
 * @param codes codes of the components of K and then of V, [components, tokens]
 * @param run its `rotation` is [tokens, headDim / 2, 2]: cosines and sines of the run's positions
 */
export function reconstructRowsReference(
  transform: GroupTransform,
  layers: readonly Uint16Array[],
  codes: Int16Array,
  run: Pick<SteppedRun, "tokens" | "skip" | "step"> & { rotation: Float32Array },
): void {
  const { tokens, skip, rotation } = run;
  const { headDim, kvHeads } = transform;
  const width = kvHeads * headDim;
  const numbers = numbersOf(transform, codes, run);
  for (const [layer, rows] of layers.entries()) {
    const keys = new Float32Array((tokens - skip) * width);
    const restored = rows.subarray(skip * 2 * width);
    for (let token = skip; token < tokens; token++)
      for (let i = 0; i < width; i++) {
        const channel = layer * width + i;
        keys[(token - skip) * width + i] = numbers[channel * tokens + token] ?? NaN;
        const value = numbers[(channelsOf(transform) + channel) * tokens + token] ?? NaN;
        rows[(2 * token + 1) * width + i] = halfBits(value);
      }
    const turns = rotation.subarray(skip * headDim);
    recoverKeysReference(
      { rows: restored, keys },
      turns,
      { hadamard: false, unrope: true },
      transform,
    );
  }
}

/** The numbers mean + step · inverseᵀ code, [2, channels, tokens]. */
function numbersOf(
  { means, inverse, ...shape }: GroupTransform,
  codes: Int16Array,
  { tokens, step }: Pick<SteppedRun, "tokens" | "step">,
): Float64Array {
  const channels = channelsOf(shape);
  const numbers = new Float64Array(2 * channels * tokens);
  for (const [side, matrix] of inverse.entries())
    for (let channel = 0; channel < channels; channel++) {
      const row = numbers.subarray((side * channels + channel) * tokens).subarray(0, tokens);
      row.fill(means[side]?.[channel] ?? NaN);
      for (let component = 0; component < matrix.length / channels; component++) {
        const weight = step * (matrix[component * channels + channel] ?? NaN);
        const from = (side * shape.components[0] + component) * tokens;
        for (let token = 0; token < tokens; token++)
          row[token] = (row[token] ?? 0) + weight * (codes[from + token] ?? NaN);
      }
    }
  return numbers;
}
