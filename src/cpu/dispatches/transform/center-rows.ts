import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf } from "../bound-buffer.ts";
import { groupUniforms } from "./group-uniforms.ts";

export const centerRows: ProcessorKernel = (request) => {
  const buffers = ["rotation", "rows", "mean", "numbers"].map((name) => boundBuffer(request, name));
  const shape = [numberOf(request, "KV_HEADS"), numberOf(request, "HEAD_DIM")];
  return (_, run) => {
    const { start, tokens, skip, layers } = groupUniforms(request);
    const words = [...buffers.map(({ at }) => at), start, tokens, skip, layers, ...shape];
    run("centerRows", words, layers * 2 * (tokens / 4), 8);
  };
};
