import type { ProcessorKernel } from "../../processor-kernel.ts";

/** The kernels of `shaders/rows`, `shaders/pairs` and `shaders/repack`. */
export const ROW_KERNELS: Readonly<Record<string, ProcessorKernel>> = {};
