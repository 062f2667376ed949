import { FORWARD_KERNELS } from "./dispatches/forward/forward-kernels.ts";
import { ROW_KERNELS } from "./dispatches/rows/row-kernels.ts";
import { STATISTICS_KERNELS } from "./dispatches/statistics/statistics-kernels.ts";
import { TRANSFORM_KERNELS } from "./dispatches/transform/transform-kernels.ts";
import type { ProcessorKernel } from "./processor-kernel.ts";

/** The kernel of each name that a `KernelSource` may have. Tests add kernels of their own. */
export const KERNEL_TABLE = new Map<string, ProcessorKernel>(
  Object.entries({
    ...FORWARD_KERNELS,
    ...ROW_KERNELS,
    ...TRANSFORM_KERNELS,
    ...STATISTICS_KERNELS,
  }),
);
