import type { ProcessorKernel } from "../../processor-kernel.ts";
import { accumulateSketch } from "./accumulate-sketch.ts";

/** The kernels of `shaders/statistics`. */
export const STATISTICS_KERNELS: Readonly<Record<string, ProcessorKernel>> = {
  "accumulate-sketch": accumulateSketch,
};
