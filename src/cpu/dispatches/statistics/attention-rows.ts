import { bitsOf, type ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

export const attentionRows: ProcessorKernel = (request) => {
  const buffers = ["qkv", "cache", "scores", "stats"].map((name) => boundBuffer(request, name).at);
  const step = boundBuffer(request, "step");
  const sample = boundBuffer(request, "sample");
  const kvHeads = numberOf(request, "KV_HEADS");
  const shape = [numberOf(request, "HEADS"), kvHeads, numberOf(request, "HEAD_DIM")];
  const scale = bitsOf(1 / Math.sqrt(numberOf(request, "SCORE_WIDTH")));
  const slice = numberOf(request, "SLICE");
  const slices = numberOf(request, "SLICES");
  return (_, run) => {
    const [position = 0, tokens = 0] = uniformWords(request, step, 2);
    const words = [...buffers, position, ...shape, scale, slices];
    const [first = 0, stride = 0, rows = 0] = uniformWords(request, sample, 3);
    if (rows === 0) return;
    const items = Math.ceil((position + tokens) / slice) * kvHeads;
    run("attentionRows", [...words, first, stride, rows], items);
  };
};
