import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, flagOf, uniformWords } from "../bound-buffer.ts";

/** Rows and columns of an item, as in `kernels/sketch-product.ts`. */
const [ITEM_ROWS, ITEM_COLUMNS] = [64, 128];

export const accumulateSketch: ProcessorKernel = (request) => {
  const [a, b, out] = ["a", "b", "out"].map((name) => boundBuffer(request, name).at);
  const flags = ["TRANSPOSED", "ADD", "SYMMETRIC"].map((name) => Number(flagOf(request, name)));
  const size = boundBuffer(request, "size");
  return (_, run) => {
    const [rows = 0, columns = 0, depth = 0] = uniformWords(request, size, 3);
    const words = [a ?? 0, b ?? 0, out ?? 0, rows, columns, depth, ...flags];
    const items = Math.ceil(rows / ITEM_ROWS) * Math.ceil(columns / ITEM_COLUMNS);
    run("accumulateSketch", words, items);
  };
};
