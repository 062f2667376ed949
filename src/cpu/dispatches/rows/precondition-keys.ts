import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, flagOf, numberOf, uniformWords } from "../bound-buffer.ts";

/** Tokens of an item, the same as in `kernels/rows-precondition.ts`. */
const TOKEN_SPAN = 8;

export const preconditionKeys: ProcessorKernel = (request) => {
  const run = boundBuffer(request, "run");
  const words = [
    ...["rotation", "cache", "keys"].map((name) => boundBuffer(request, name).at),
    ...["KV_HEADS", "HEAD_DIM"].map((name) => numberOf(request, name)),
    ...["HADAMARD", "UNROPE", "INVERSE"].map((name) => Number(flagOf(request, name))),
  ];
  return (_, dispatch) => {
    const [start = 0, tokens = 0, skip = 0] = uniformWords(request, run, 3);
    const items = Math.ceil(tokens / TOKEN_SPAN);
    dispatch("preconditionKeys", [...words, start, tokens, skip], items);
  };
};
