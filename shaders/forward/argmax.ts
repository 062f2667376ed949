import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import subgroupWgsl from "./argmax-subgroup.wgsl?raw";
import wgsl from "./argmax.wgsl?raw";

export type ArgmaxBinding = "logits" | "token" | "params";

const BINDINGS = { logits: "read", token: "write", params: "uniform" } as const;

/** The variant for GPUs: 256 invocations share workgroup memory. It needs no feature. */
export const argmaxSource: KernelSource<ArgmaxBinding> = {
  label: "argmax",
  name: "argmax",
  wgsl: [wgsl],
  bindings: BINDINGS,
};

/**
 * The variant for software adapters: one subgroup. It needs `subgroups`.
 *
 * @param lanes a power of two, at most the smallest subgroup
 */
export const argmaxSubgroupSource = (lanes: number): KernelSource<ArgmaxBinding> => ({
  label: "argmax subgroup",
  name: "argmax",
  wgsl: [subgroupWgsl],
  constants: { LANES: lanes },
  features: ["subgroups"],
  bindings: BINDINGS,
});

/** Grid of both kernels. */
export const ARGMAX_GRID: Grid = [1];

/** Index of the largest of the first `count` logits, the lowest on a tie. */
export function argmaxReference(logits: Float32Array, count: number): number {
  return logits
    .subarray(0, count)
    .reduce((best, value, i) => (value > (logits[best] ?? NaN) ? i : best), 0);
}
