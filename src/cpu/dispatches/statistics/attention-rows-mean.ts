import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

export const attentionRowsMean: ProcessorKernel = (request) => {
  const buffers = ["scores", "stats"].map((name) => boundBuffer(request, name).at);
  const weights = boundBuffer(request, "weights").at;
  const step = boundBuffer(request, "step");
  const sample = boundBuffer(request, "sample");
  const place = boundBuffer(request, "place");
  const heads = numberOf(request, "HEADS");
  const groups = numberOf(request, "GROUPS");
  const slice = numberOf(request, "SLICE");
  const slices = numberOf(request, "SLICES");
  const layerBytes = numberOf(request, "ROWS") * groups * slices * slice * 4;
  return (_, run) => {
    const [position = 0, tokens = 0] = uniformWords(request, step, 2);
    const [first = 0, stride = 0, rows = 0] = uniformWords(request, sample, 3);
    if (rows === 0) return;
    const [layer = 0] = uniformWords(request, place, 1);
    const own = weights + layer * layerBytes;
    const written = Math.ceil((position + tokens) / slice);
    const shape = [heads, groups, slices];
    const words = [...buffers, own, position, ...shape, first, stride, written];
    run("attentionRowsMean", words, rows * groups);
  };
};
