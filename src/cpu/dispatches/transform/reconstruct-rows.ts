import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf } from "../bound-buffer.ts";
import { groupUniforms } from "./group-uniforms.ts";
import { workspace } from "./workspace.ts";

/** Channels of an item, as in `kernels/transform-reconstruct.ts`. */
const ITEM_CHANNELS = 32;
/** Tokens of a window, and components of a piece, as in `kernels/transform-lists.ts`. */
const [WINDOW, PIECE] = [128, 128];
const PIECE_BYTES = WINDOW * (PIECE + 1) * 8;

export const reconstructRows: ProcessorKernel = (request) => {
  const [kvHeads, headDim] = [numberOf(request, "KV_HEADS"), numberOf(request, "HEAD_DIM")];
  const codes = boundBuffer(request, "codes");
  const [mean, matrix, rowOf] = ["mean", "matrix", "live"].map(
    (name) => boundBuffer(request, name).at,
  );
  const [rows, rotation] = [boundBuffer(request, "rows").at, boundBuffer(request, "rotation").at];
  return (_, run) => {
    const uniforms = groupUniforms(request);
    const { start, tokens, skip, liveKeys, live, layers, inverseUnits, step } = uniforms;
    const pieces = Math.ceil(liveKeys / PIECE) + Math.ceil((live - liveKeys) / PIECE);
    const items = pieces * Math.ceil(tokens / WINDOW);
    const { at: lists } = workspace(request.memory, items * PIECE_BYTES);
    run("listCodes", [codes.at, lists, tokens, skip, liveKeys, live], items);
    const words = [mean, matrix, rowOf, lists, rows, rotation].map((at) => at ?? 0);
    words.push(start, tokens, skip, liveKeys, live, layers, kvHeads, headDim);
    words.push(...inverseUnits, step);
    const channels = layers * Math.ceil((kvHeads * headDim) / 8) * 8;
    run("reconstructRows", words, 2 * Math.ceil(channels / ITEM_CHANNELS));
  };
};
