import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer } from "../bound-buffer.ts";
import { linearUniforms } from "./linear-uniforms.ts";
import { sharedScratch } from "./shared-scratch.ts";
import { weightWords } from "./weight-words.ts";

/** Rows of the weights that are unpacked together. */
const PANEL_ROWS = 8;
/** Tokens that are multiplied together. */
const TILE_TOKENS = 4;

export const matmul: ProcessorKernel = (request) => {
  const x = boundBuffer(request, "x");
  const y = boundBuffer(request, "y");
  const uniforms = linearUniforms(request);
  return (_grid, run) => {
    const { rows, columns, output, tokens } = uniforms();
    const words = weightWords(request, { rows, columns });
    const panels = Math.ceil(rows / PANEL_ROWS);
    const tiles = Math.ceil(tokens / TILE_TOKENS);
    const packed = sharedScratch(request.memory, 4 * columns * TILE_TOKENS * tiles);
    run("packTokens", [x.at, packed, columns, tokens], tiles, 4);
    run("matmul", [...words, rows, output, packed, y.at, tokens], panels);
  };
};
