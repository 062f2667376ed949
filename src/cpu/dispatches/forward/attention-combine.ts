import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

/** Slices of a head that are worth sharing among threads. */
const GRAIN_SLICES = 128;

export const attentionCombine: ProcessorKernel = (request) => {
  const buffers = ["partial", "stats", "y"].map((name) => boundBuffer(request, name).at);
  const step = boundBuffer(request, "step");
  const heads = numberOf(request, "HEADS");
  const headDim = numberOf(request, "HEAD_DIM");
  const slice = numberOf(request, "SLICE");
  return (_, run) => {
    const [position = 0] = uniformWords(request, step, 1);
    const slices = Math.floor(position / slice) + 1;
    const words = [...buffers, slices, heads, headDim];
    run("attentionCombine", words, heads, Math.ceil(GRAIN_SLICES / slices));
  };
};
