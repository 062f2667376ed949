import { assert } from "../../../shared/assert.ts";
import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf } from "../bound-buffer.ts";
import { groupUniforms } from "./group-uniforms.ts";
import { workspace } from "./workspace.ts";

/** Channels of an item, as in `kernels/transform-reconstruct.ts`. */
const ITEM_CHANNELS = 32;
const WEIGHT_BYTES = ITEM_CHANNELS * 4;
/** Live components of a side whose weights fit into a thread's scratch. */
const MOST_LIVE = 2 ** 14 - 16;

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
    assert(live <= MOST_LIVE, `${live} live components do not fit into scratch`);
    const { at: counts } = workspace(request.memory, tokens * 8 * (1 + live));
    const lists = counts + tokens * 8;
    run(
      "listCodes",
      [codes.at, counts, lists, tokens, liveKeys, live, WEIGHT_BYTES],
      tokens / 4,
      4,
    );
    const words = [mean, matrix, rowOf, counts, lists, rows, rotation].map((at) => at ?? 0);
    words.push(start, tokens, skip, liveKeys, live, layers, kvHeads, headDim);
    words.push(...inverseUnits, step);
    const channels = layers * Math.ceil((kvHeads * headDim) / 8) * 8;
    run("reconstructRows", words, 2 * Math.ceil(channels / ITEM_CHANNELS));
  };
};
