import type { Grid, KernelSource } from "../src/gpu/kernel.ts";
import wgsl from "./argmax.wgsl?raw";

export const argmaxSource: KernelSource<"logits" | "token" | "params"> = {
  label: "argmax",
  wgsl: [wgsl],
  bindings: { logits: "read", token: "write", params: "uniform" },
};

export const ARGMAX_GRID: Grid = [1];

/** Index of the largest of the first `count` logits, the lowest on a tie. */
export function argmaxReference(logits: Float32Array, count: number): number {
  return logits
    .subarray(0, count)
    .reduce((best, value, i) => (value > (logits[best] ?? NaN) ? i : best), 0);
}
