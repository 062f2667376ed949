import type { KernelRequest, ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

/** Vectors that a thread merges at a time. */
const VECTOR_GRAIN = 32;
/** Tokens whose rows a thread parts at a time. */
const TOKEN_GRAIN = 8;

/** The shape of rows, and reading the `run` uniform: start, tokens, skip, kept. */
function mergedRun(request: KernelRequest) {
  const run = boundBuffer(request, "run");
  const kvHeads = numberOf(request, "KV_HEADS");
  const shape = [kvHeads, numberOf(request, "HEAD_DIM")];
  const read = () => {
    const [start = 0, tokens = 0, skip = 0, kept = 0] = uniformWords(request, run, 4);
    return { words: [...shape, start, tokens, skip, kept], tokens, kept };
  };
  return { kvHeads, read };
}

const addresses = (request: KernelRequest, ...names: string[]): number[] =>
  names.map((name) => boundBuffer(request, name).at);

export const mergeRows: ProcessorKernel = (request) => {
  const { kvHeads, read } = mergedRun(request);
  const outputs = ["directions", "magnitudes", "divergence"];
  const places = addresses(request, "keep", "share", ...outputs);
  return (_, run) => {
    const { words, tokens } = read();
    run("mergeRows", [...words, ...places], tokens * 2 * kvHeads, VECTOR_GRAIN);
  };
};

export const keepDivergentRows: ProcessorKernel = (request) => {
  const { read } = mergedRun(request);
  const found = addresses(request, "divergence", "kept_tokens");
  const copied = addresses(request, "kept_tokens", "kept_rows", "keep", "share");
  return (_, run) => {
    const { words, kept } = read();
    run("findDivergentRows", [...words, ...found], 1);
    run("copyKeptRows", [...words, ...copied], kept, TOKEN_GRAIN);
  };
};

export const unmergeRows: ProcessorKernel = (request) => {
  const { read } = mergedRun(request);
  const merged = ["directions", "magnitudes", "kept_tokens", "kept_rows"];
  const places = addresses(request, ...merged, "keep", "share");
  return (_, run) => {
    const { words, tokens } = read();
    run("unmergeRows", [...words, ...places], tokens, TOKEN_GRAIN);
  };
};
