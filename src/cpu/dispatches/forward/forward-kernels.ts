import type { ProcessorKernel } from "../../processor-kernel.ts";
import { streamRead } from "./stream-read.ts";

/** The kernels of `shaders/forward`. */
export const FORWARD_KERNELS: Readonly<Record<string, ProcessorKernel>> = {
  "stream-read": streamRead,
};
