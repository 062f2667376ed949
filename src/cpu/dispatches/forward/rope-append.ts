import { bitsOf, type ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, flagOf, numberOf, uniformWords } from "../bound-buffer.ts";

/** In the order of their bits in src/cpu/kernels/rope-append.ts. */
const FLAGS = ["QUERY_BIAS", "KEY_BIAS", "VALUE_BIAS", "QUERY_NORM", "KEY_NORM"];
const BINDINGS = ["rotation", "qkv", "cache", "bias", "queryGain", "keyGain"];

/** Tokens that a thread takes at a time. */
const GRAIN = 4;

export const ropeAppend: ProcessorKernel = (request) => {
  const buffers = BINDINGS.map((name) => boundBuffer(request, name).at);
  const step = boundBuffer(request, "step");
  const shape = ["HEADS", "KV_HEADS", "HEAD_DIM"].map((name) => numberOf(request, name));
  const flags = FLAGS.reduce((bits, name, i) => bits + (flagOf(request, name) ? 2 ** i : 0), 0);
  const epsilon = bitsOf(numberOf(request, "epsilon"));
  return (_, run) => {
    const [position = 0, tokens = 0] = uniformWords(request, step, 2);
    run("ropeAppend", [...buffers, position, ...shape, flags, epsilon], tokens, GRAIN);
  };
};
