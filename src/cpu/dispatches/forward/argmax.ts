import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, uniformWords } from "../bound-buffer.ts";

export const argmax: ProcessorKernel = (request) => {
  const logits = boundBuffer(request, "logits");
  const token = boundBuffer(request, "token");
  const params = boundBuffer(request, "params");
  return (_grid, run) => {
    const [count = 0] = uniformWords(request, params, 1);
    run("argmax", [logits.at, count, token.at], 1);
  };
};
