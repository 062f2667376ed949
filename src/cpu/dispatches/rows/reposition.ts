import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

export const reposition: ProcessorKernel = (request) => {
  const shift = boundBuffer(request, "shift");
  const heads = numberOf(request, "KV_HEADS");
  const buffers = ["rotation", "cache"].map((name) => boundBuffer(request, name).at);
  const words = [...buffers, heads, numberOf(request, "HEAD_DIM")];
  return (_, run) => {
    run("reposition", [...words, ...uniformWords(request, shift, 3)], 2 * heads);
  };
};
