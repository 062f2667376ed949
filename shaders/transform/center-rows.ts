import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import {
  basisGroupSnippet,
  channelsOf,
  type GroupShape,
  type GroupTransform,
  type SteppedRun,
} from "./basis-group.ts";
import wgsl from "./center-rows.wgsl?raw";
import type { RowShape } from "../rows/coded-layout.ts";
import { preconditionKeysReference } from "../rows/precondition-keys.ts";

export type CenterRowsBinding = "rotation" | "rows" | "mean" | "numbers" | "run" | "group";

export function centerRowsSource(shape: RowShape): KernelSource<CenterRowsBinding> {
  const { wgsl: shared, constants } = basisGroupSnippet(shape);
  return {
    label: "center-rows",
    name: "center-rows",
    wgsl: [shared, wgsl],
    constants,
    bindings: {
      rotation: "read",
      rows: "read",
      mean: "read",
      numbers: "write",
      run: "uniform",
      group: "uniform",
    },
  };
}

export function centerRowsGrid(shape: GroupShape, tokens: number): Grid {
  const quads = (2 * channelsOf(shape)) / 4;
  return [Math.ceil((quads * tokens) / 4 / 64)];
}

/**
 * The kernel's `numbers` of the whole group, in plain loops.
 *
 * @param layers rows of the run in each layer, [tokens, 2, kvHeads, headDim] f16 bits
 * @param rotation [tokens, headDim / 2, 2] cosines and sines of the run's positions
 * @returns [2, channels, tokens]
 */
export function centerRowsReference(
  { means, ...shape }: GroupTransform,
  layers: readonly Uint16Array[],
  rotation: Float32Array,
  { tokens, skip }: Pick<SteppedRun, "tokens" | "skip">,
): Float32Array<ArrayBuffer> {
  const width = shape.kvHeads * shape.headDim;
  const channels = shape.layers * width;
  const numbers = new Float32Array(2 * channels * tokens);
  for (const [layer, rows] of layers.entries()) {
    const keys = preconditionKeysReference(
      rows,
      rotation,
      { hadamard: false, unrope: true },
      shape,
    );
    for (let token = skip; token < tokens; token++)
      for (let i = 0; i < width; i++) {
        const channel = layer * width + i;
        const key = keys[token * width + i] ?? NaN;
        const value = f16ToF32(rows[(2 * token + 1) * width + i] ?? 0);
        numbers[channel * tokens + token] = key - (means[0][channel] ?? NaN);
        numbers[(channels + channel) * tokens + token] = value - (means[1][channel] ?? NaN);
      }
  }
  return numbers;
}
