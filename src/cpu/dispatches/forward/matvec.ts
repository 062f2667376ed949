import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, flagOf } from "../bound-buffer.ts";
import { linearUniforms } from "./linear-uniforms.ts";
import { sharedScratch } from "./shared-scratch.ts";
import { weightWords } from "./weight-words.ts";

/** Rows of the weights that are multiplied together. */
const QUAD_ROWS = 4;
/** Bytes for each column of x as `prepareVector` leaves it, at most. */
const PREPARED_BYTES = 8;
/** Weights that a thread multiplies until it looks for more: some microseconds. */
const GRAIN = 32_768;

export const matvec: ProcessorKernel = (request) => {
  const x = boundBuffer(request, "x");
  const gain = boundBuffer(request, "gain");
  const y = boundBuffer(request, "y");
  const isNormed = flagOf(request, "norm");
  const uniforms = linearUniforms(request);
  return (_grid, run) => {
    const { rows, columns, epsilon, output, tokens } = uniforms();
    const words = weightWords(request, { rows, columns });
    const prepared = sharedScratch(request.memory, PREPARED_BYTES * columns);
    const token = x.at + 4 * columns * (tokens - 1);
    run("prepareVector", [...words, token, isNormed ? gain.at : 0, epsilon, prepared], 1);
    const grain = Math.ceil(GRAIN / QUAD_ROWS / columns);
    run("matvec", [...words, rows, output, prepared, y.at], rows / QUAD_ROWS, grain);
  };
};
