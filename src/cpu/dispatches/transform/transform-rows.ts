import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf } from "../bound-buffer.ts";
import { groupUniforms } from "./group-uniforms.ts";

/** Components of an item, as in `kernels/transform-forward.ts`. */
const ITEM_COMPONENTS = 32;

export const transformRows: ProcessorKernel = (request) => {
  const buffers = ["matrix", "numbers", "levels"].map((name) => boundBuffer(request, name));
  const width = numberOf(request, "KV_HEADS") * numberOf(request, "HEAD_DIM");
  return (_, run) => {
    const { tokens, layers, components, forwardUnits, step } = groupUniforms(request);
    const addresses = buffers.map(({ at }) => at);
    const words = [...addresses, tokens, layers * width, ...components, ...forwardUnits, step];
    const [keys, values] = components.map((count) => Math.ceil(count / ITEM_COMPONENTS));
    run("transformRows", words, (keys ?? 0) + (values ?? 0));
  };
};
