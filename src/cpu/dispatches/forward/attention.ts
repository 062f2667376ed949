import { bitsOf, type KernelRequest, type ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, numberOf, uniformWords } from "../bound-buffer.ts";

/** Values of the constant SLICED of attention.wgsl, and of the step's third word. */
const SLICED = 1;
const BY_STEP = 2;

/** Most queries, counted in each head, of an item of a prompt's attention. Keys and values are widened once for all. */
const ITEM_ROWS = 128;
/** Items that a short prompt is cut into, so that all threads have some. */
const LEAST_ITEMS = 8;

/** Slices that a thread takes at a time: some microseconds of work. */
const SLICE_GRAIN = 2;

export const attention: ProcessorKernel = (request) => {
  const step = boundBuffer(request, "step");
  const mode = numberOf(request, "SLICED");
  const slices = attentionSlices(request);
  const blocks = attentionBlocks(request);
  return (_, run) => {
    const [position = 0, tokens = 0, sliced = 0] = uniformWords(request, step, 3);
    const isSliced = (mode === BY_STEP ? sliced : mode) === SLICED;
    if (isSliced) slices(position, run);
    else blocks({ position, tokens }, run);
  };
};

type Run = Parameters<ReturnType<ProcessorKernel>>[1];

/** One query in slices of positions: sums and statistics of each. */
function attentionSlices(request: KernelRequest): (position: number, run: Run) => void {
  const { heads, kvHeads, headDim, scale } = shapeOf(request);
  const slice = numberOf(request, "SLICE");
  const buffers = ["qkv", "cache", "y", "stats"].map((name) => boundBuffer(request, name).at);
  return (position, run) => {
    const items = Math.floor(position / slice) + 1;
    const words = [...buffers, position, heads, kvHeads, headDim, scale];
    run("attentionSlices", words, items, SLICE_GRAIN);
  };
}

/** Many queries, each over all its positions. */
function attentionBlocks(
  request: KernelRequest,
): (step: { position: number; tokens: number }, run: Run) => void {
  const { heads, kvHeads, headDim, scale } = shapeOf(request);
  const rowHeads = numberOf(request, "ROW_HEADS");
  const buffers = ["qkv", "cache", "y"].map((name) => boundBuffer(request, name).at);
  const most = Math.floor((ITEM_ROWS * kvHeads) / heads);
  return ({ position, tokens }, run) => {
    const taken = Math.max(1, Math.min(most, Math.ceil((tokens * kvHeads) / LEAST_ITEMS)));
    const shape = [heads, kvHeads, rowHeads, headDim, scale];
    const words = [...buffers, position, tokens, ...shape, taken];
    run("attentionBlocks", words, kvHeads * Math.ceil(tokens / taken));
  };
}

function shapeOf(request: KernelRequest) {
  return {
    heads: numberOf(request, "HEADS"),
    kvHeads: numberOf(request, "KV_HEADS"),
    headDim: numberOf(request, "HEAD_DIM"),
    /** Bits of what scores are multiplied by. */
    scale: bitsOf(1 / Math.sqrt(numberOf(request, "SCORE_WIDTH"))),
  };
}
