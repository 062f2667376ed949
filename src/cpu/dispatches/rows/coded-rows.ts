import type { KernelRequest, ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, flagOf, numberOf, uniformWords } from "../bound-buffer.ts";

/** How items are cut in `kernels/rows-layout.ts`. */
const BLOCK = 32;
const CHANNEL_SPAN = 64;
const TOKEN_SPAN = 16;

const channelsOf = (request: KernelRequest): number =>
  numberOf(request, "KV_HEADS") * numberOf(request, "HEAD_DIM");

/** A kernel between rows of the cache and coded rows. @param keyTokens how many tokens of keys are one item */
function codedRowsKernel(
  kernel: string,
  keyTokens: (request: KernelRequest) => number,
): ProcessorKernel {
  return (request) => {
    const channels = channelsOf(request);
    const run = boundBuffer(request, "run");
    const words = [
      ...["cache", "keys", "coded"].map((name) => boundBuffer(request, name).at),
      channels,
      numberOf(request, "BITS"),
      numberOf(request, "GROUP"),
      Number(flagOf(request, "PRECONDITIONED")),
    ];
    const tokensOfItem = keyTokens(request);
    return (_, dispatch) => {
      const [start = 0, tokens = 0, skip = 0] = uniformWords(request, run, 3);
      const keyItems = Math.ceil(tokens / tokensOfItem) * Math.ceil(channels / CHANNEL_SPAN);
      const items = keyItems + Math.ceil(tokens / TOKEN_SPAN);
      dispatch(kernel, [...words, start, tokens, skip], items);
    };
  };
}

export const quantizeRows = codedRowsKernel("quantizeRows", (request) =>
  numberOf(request, "GROUP"),
);

export const dequantizeRows = codedRowsKernel("dequantizeRows", () => BLOCK);
