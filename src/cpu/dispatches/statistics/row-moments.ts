import { assert } from "../../../shared/assert.ts";
import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

const BINDINGS = ["rotation", "cache", "keys", "values", "moments"];
/** Rows that the kernel writes. */
const RUN = 128;

export const rowMoments: ProcessorKernel = (request) => {
  const buffers = BINDINGS.map((name) => boundBuffer(request, name).at);
  const runUniform = boundBuffer(request, "run");
  const place = boundBuffer(request, "place");
  const kvHeads = numberOf(request, "KV_HEADS");
  const headDim = numberOf(request, "HEAD_DIM");
  assert(numberOf(request, "RUN") === RUN, "the kernel's runs have another length");
  return (_, run) => {
    const words = [...buffers, kvHeads, headDim, ...uniformWords(request, runUniform, 3)];
    run("rowMoments", [...words, ...uniformWords(request, place, 2)], 2 * kvHeads);
  };
};
