import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer } from "../bound-buffer.ts";
import { linearUniforms } from "./linear-uniforms.ts";
import { weightWords } from "./weight-words.ts";

/** Rows of the weights that are unpacked together. */
const PANEL_ROWS = 8;

export const matmul: ProcessorKernel = (request) => {
  const x = boundBuffer(request, "x");
  const y = boundBuffer(request, "y");
  const uniforms = linearUniforms(request);
  return (_grid, run) => {
    const { rows, columns, output, tokens } = uniforms();
    const words = weightWords(request, { rows, columns });
    const panels = Math.ceil(rows / PANEL_ROWS);
    run("matmul", [...words, rows, output, x.at, y.at, tokens], panels);
  };
};
