/**
 * @file What the WebAssembly module of the processor exports: how threads share work, and the kernels.
 *
 * A kernel is a function `(args, start, end, scratch)`. It computes the items `start` up to `end` of what it was
 * dispatched for. `args` is the address of its words, `scratch` that of memory of its own thread.
 */

export { attentionBlocks } from "./attention-blocks";
export { attentionCombine } from "./attention-combine";
export { attentionSlices } from "./attention-slices";
export { decodeFixed } from "./components-fixed";
export { decodeRans } from "./components-rans";
export {
  awaitItems,
  claim,
  claimedEnd,
  closeJob,
  complete,
  fallAsleep,
  isComplete,
  kernelOf,
  publish,
  quit,
  seenJob,
  wakeUp,
} from "./jobs";
export { repackCodes, repackCopy, repackFloats, repackValues } from "./repack-rows";
export { argmax } from "./argmax";
export { embed } from "./embed";
export { matmul, packTokens } from "./linear-matmul";
export { matvec } from "./linear-matvec";
export { prepareVector } from "./linear-prepare";
export { rmsNorm } from "./rms-norm";
export { ropeAppend } from "./rope-append";
export { dequantizeRows } from "./rows-dequantize";
export { quantizeRows } from "./rows-quantize";
export { copyKeptRows, findDivergentRows } from "./pairs-keep";
export { mergeRows } from "./pairs-merge";
export { unmergeRows } from "./pairs-unmerge";
export { preconditionKeys } from "./rows-precondition";
export { reposition } from "./rows-reposition";
export { accumulateSketch } from "./sketch-product";
export { attentionRows, attentionRowsMean } from "./statistics-attention-rows";
export { attentionGram } from "./statistics-gram";
export { queryMoments, rowMoments } from "./statistics-moments";
export { streamRead } from "./stream-read";
export { centerRows } from "./transform-center";
export { transformRows } from "./transform-forward";
export { listCodes } from "./transform-lists";
export { reconstructRows } from "./transform-reconstruct";
