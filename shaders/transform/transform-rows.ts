import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import {
  basisGroupSnippet,
  channelsOf,
  INVOCATION_TOKENS,
  PACKED,
  type GroupShape,
  type GroupTransform,
} from "./basis-group.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import wgsl from "./transform-rows.wgsl?raw";

export type TransformRowsBinding = "matrix" | "numbers" | "levels" | "run" | "group";

/** The kernel. Its `matrix` comes from `packForward`. */
export function transformRowsSource(shape: RowShape): KernelSource<TransformRowsBinding> {
  const { wgsl: shared, constants } = basisGroupSnippet(shape);
  return {
    label: "transform-rows",
    name: "transform-rows",
    wgsl: [shared, wgsl],
    constants,
    bindings: {
      matrix: "read",
      numbers: "read",
      levels: "write",
      run: "uniform",
      group: "uniform",
    },
  };
}

export function transformRowsGrid({ components }: GroupShape, tokens: number): Grid {
  const blocks = Math.ceil(components[0] / PACKED) + Math.ceil(components[1] / PACKED);
  return [Math.ceil((blocks * tokens) / INVOCATION_TOKENS / 64)];
}

/**
 * Components in their unit, in f64.
 *
 * @param numbers [2, channels, tokens]
 * @returns components of K and then of V, [components, tokens]
 */
export function componentsReference(
  { forward, ...shape }: GroupTransform,
  numbers: Float32Array,
  tokens: number,
): Float64Array<ArrayBuffer> {
  const channels = channelsOf(shape);
  const [keys, values] = shape.components;
  const y = new Float64Array((keys + values) * tokens);
  for (const [side, matrix] of forward.entries()) {
    const count = matrix.length / channels;
    for (let channel = 0; channel < channels; channel++)
      for (let component = 0; component < count; component++) {
        const weight = matrix[channel * count + component] ?? NaN;
        const to = (side * keys + component) * tokens;
        const from = (side * channels + channel) * tokens;
        for (let token = 0; token < tokens; token++)
          y[to + token] = (y[to + token] ?? 0) + weight * (numbers[from + token] ?? NaN);
      }
  }
  return y;
}
