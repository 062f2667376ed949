import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import wgsl from "./stream-read.wgsl?raw";

export const streamReadSource: KernelSource<"data" | "sums"> = {
  label: "stream-read",
  name: "stream-read",
  wgsl: [wgsl],
  bindings: { data: "read", sums: "write" },
};

const WIDTH = 64; // the same as in the WGSL
const BYTES_PER_INVOCATION = 16 * 16;

export function streamReadGrid(bytes: number): Grid {
  return [Math.ceil(bytes / (WIDTH * BYTES_PER_INVOCATION))];
}

/** Bytes of the buffer `sums`. */
export function streamReadSumBytes(bytes: number): number {
  return streamReadGrid(bytes)[0] * WIDTH * 4;
}

/** Sum of all words, modulo 2^32, which the sums of the kernel add up to. */
export function streamReadReference(words: Uint32Array): number {
  return words.reduce((sum, word) => (sum + word) >>> 0, 0);
}
