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

export type TransformRowsBinding = "matrix" | "numbers" | "codes" | "run" | "group";

/** The same as in the WGSL: less than a half, so that components near 0 get code 0 (a dead zone). */
const ROUNDING = 0.45;
const MAX_CODE = 2 ** 15 - 1;

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
      codes: "write",
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
 * Components before they are quantised, in f64.
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

/** Code of a component. It is off by 0.55 of a step at most, unless the component is beyond 16 bits. */
export function codeOfComponent(y: number, step: number): number {
  const size = Math.min(Math.floor(Math.abs(y) / step + ROUNDING), MAX_CODE);
  return y < 0 ? -size : size;
}
