import type { ProcessorKernel } from "../../processor-kernel.ts";

/** The kernels of `shaders/transform`. */
export const TRANSFORM_KERNELS: Readonly<Record<string, ProcessorKernel>> = {};
