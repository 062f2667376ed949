import type { ProcessorKernel } from "../../processor-kernel.ts";

/** The kernels of `shaders/statistics`. */
export const STATISTICS_KERNELS: Readonly<Record<string, ProcessorKernel>> = {};
