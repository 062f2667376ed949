import type { ProcessorKernel } from "../../processor-kernel.ts";
import { repack } from "./repack.ts";

/** The kernels of `shaders/rows`, `shaders/pairs` and `shaders/repack`. */
export const ROW_KERNELS: Readonly<Record<string, ProcessorKernel>> = {
  repack,
};
