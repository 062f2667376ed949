import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer } from "../bound-buffer.ts";
import { linearUniforms } from "./linear-uniforms.ts";
import { weightWords } from "./weight-words.ts";

export const embed: ProcessorKernel = (request) => {
  const tokenIds = boundBuffer(request, "tokenIds");
  const x = boundBuffer(request, "x");
  const uniforms = linearUniforms(request);
  return (_grid, run) => {
    const { rows, columns, tokens } = uniforms();
    const words = weightWords(request, { rows, columns });
    run("embed", [...words, tokenIds.at, x.at, rows], tokens);
  };
};
