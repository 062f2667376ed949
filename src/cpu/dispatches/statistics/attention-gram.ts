import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

export const attentionGram: ProcessorKernel = (request) => {
  const buffers = ["weights", "sums"].map((name) => boundBuffer(request, name).at);
  const step = boundBuffer(request, "step");
  const sample = boundBuffer(request, "sample");
  const layers = numberOf(request, "LAYERS");
  const shape = [layers, ...["ROWS", "GROUPS", "SLICES"].map((name) => numberOf(request, name))];
  return (_, run) => {
    const [position = 0] = uniformWords(request, step, 1);
    const [first = 0, stride = 0, rows = 0] = uniformWords(request, sample, 3);
    if (rows === 0) return;
    const words = [...buffers, position, ...shape, first, stride, rows];
    run("attentionGram", words, layers);
  };
};
