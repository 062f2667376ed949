import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

export const queryMoments: ProcessorKernel = (request) => {
  const buffers = ["rotation", "qkv"].map((name) => boundBuffer(request, name).at);
  const moments = boundBuffer(request, "moments").at;
  const step = boundBuffer(request, "step");
  const sample = boundBuffer(request, "sample");
  const layer = boundBuffer(request, "layer");
  const kvHeads = numberOf(request, "KV_HEADS");
  const headDim = numberOf(request, "HEAD_DIM");
  const shape = [numberOf(request, "HEADS"), kvHeads, numberOf(request, "ROW_HEADS"), headDim];
  const layerBytes = kvHeads * headDim ** 2 * 4;
  return (_, run) => {
    const [position = 0] = uniformWords(request, step, 1);
    const [number = 0] = uniformWords(request, layer, 1);
    const words = [...buffers, moments + number * layerBytes, position, ...shape];
    const items = (kvHeads * headDim) / 4;
    run("queryMoments", [...words, ...uniformWords(request, sample, 3)], items);
  };
};
