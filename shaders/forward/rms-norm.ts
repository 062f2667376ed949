import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { reduceSnippet, type LaneSharing } from "../reduce.ts";
import wgsl from "./rms-norm.wgsl?raw";

export type RmsNormBinding = "x" | "gain" | "y" | "params" | "step";

/** The kernel that normalises every token of the step. `params` comes from `linearParams`. columns % 4 == 0. */
export function rmsNormSource(sharing: LaneSharing): KernelSource<RmsNormBinding> {
  const reduce = reduceSnippet(sharing);
  return {
    label: "rms-norm",
    name: "rms-norm",
    wgsl: [reduce.wgsl, wgsl],
    constants: reduce.constants,
    features: reduce.features,
    bindings: { x: "read", gain: "read", y: "write", params: "uniform", step: "uniform" },
  };
}

export function rmsNormGrid(tokens: number, { lanes, workgroup }: LaneSharing): Grid {
  return [Math.ceil(tokens / (workgroup / lanes))];
}

/** RMSNorm in f64. @param x [tokens, columns] @param gain [columns] @returns [tokens, columns] */
export function rmsNormReference(
  x: Float32Array,
  gain: Float32Array,
  epsilon: number,
): Float32Array {
  const columns = gain.length;
  return x.map((value, i) => {
    const start = Math.floor(i / columns) * columns;
    const squares = x.subarray(start, start + columns).reduce((sum, v) => sum + v * v, 0);
    return (value * (gain[i % columns] ?? NaN)) / Math.sqrt(squares / columns + epsilon);
  });
}
