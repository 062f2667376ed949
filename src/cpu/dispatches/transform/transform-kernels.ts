import type { ProcessorKernel } from "../../processor-kernel.ts";
import { centerRows } from "./center-rows.ts";
import { decodeComponentsFixed, decodeComponentsRans } from "./decode-components.ts";
import { reconstructRows } from "./reconstruct-rows.ts";
import { transformRows } from "./transform-rows.ts";

/** The kernels of `shaders/transform`. */
export const TRANSFORM_KERNELS: Readonly<Record<string, ProcessorKernel>> = {
  "center-rows": centerRows,
  "transform-rows": transformRows,
  "reconstruct-rows": reconstructRows,
  "decode-components-rans": decodeComponentsRans,
  "decode-components-fixed": decodeComponentsFixed,
};
