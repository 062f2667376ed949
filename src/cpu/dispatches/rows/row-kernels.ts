import type { ProcessorKernel } from "../../processor-kernel.ts";
import { dequantizeRows, quantizeRows } from "./coded-rows.ts";
import { keepDivergentRows, mergeRows, unmergeRows } from "./merged-rows.ts";
import { preconditionKeys } from "./precondition-keys.ts";
import { repack } from "./repack.ts";
import { reposition } from "./reposition.ts";

/** The kernels of `shaders/rows`, `shaders/pairs` and `shaders/repack`. */
export const ROW_KERNELS: Readonly<Record<string, ProcessorKernel>> = {
  repack,
  "quantize-rows": quantizeRows,
  "dequantize-rows": dequantizeRows,
  "precondition-keys": preconditionKeys,
  reposition,
  "merge-rows": mergeRows,
  "keep-divergent-rows": keepDivergentRows,
  "unmerge-rows": unmergeRows,
};
