import type { RowRun } from "../../../../shaders/rows/coded-layout.ts";
import {
  keepDivergentRowsGrid,
  keepDivergentRowsSource,
  keptCount,
} from "../../../../shaders/pairs/keep-divergent-rows.ts";
import { mergeRowsGrid, mergeRowsSource } from "../../../../shaders/pairs/merge-rows.ts";
import { mergedRunParams, type MergedRun } from "../../../../shaders/pairs/merged-layout.ts";
import { unmergeRowsGrid, unmergeRowsSource } from "../../../../shaders/pairs/unmerge-rows.ts";
import { storageBuffer, uploadUniform } from "../../../gpu/buffers.ts";
import { dispatchAll, submit, type Stage } from "../../../gpu/commands.ts";
import { bindKernel, compileKernel } from "../../../gpu/kernel.ts";
import { recordReadback, type BufferRange } from "../../../gpu/readback.ts";
import { assert } from "../../../shared/assert.ts";
import { CHUNK_TOKENS } from "../../cache/chunk-layout.ts";
import { KvCache, type KvShape } from "../../cache/kv-cache.ts";
import { KEPT_SHARE, type Rows } from "./merge-rows.ts";
import { joined, pairLayout, type PairCode, type PairLayout } from "./pair-codec.ts";
import { createRowCoder } from "../rows/row-coder.ts";
import type { LayerPair } from "../../sharing/select-pairs.ts";

/** Merges pairs of layers of a KV cache, and stores each pair as pair-codec.ts says. */
export interface PairCoder {
  /** Of one pair's run of so many tokens, everything included. */
  codedBytes(tokens: number): number;
  /**
   * Submit the coding of the same run of some pairs. Steps that are submitted after the call change
   * nothing.
   *
   * @returns each pair's bytes, in the order of `pairs`. Rejects if the device is lost.
   */
  encode(pairs: readonly LayerPair[], run: RowRun): Promise<Rows[]>;
  /**
   * Submit the decoding of one pair's run into both layers of the cache; do not wait for it. Rows of the
   * first `skip` tokens stay as they are.
   */
  decode(pair: LayerPair, run: RowRun, bytes: Rows): void;
  /** Frees the buffers, once what was submitted is done. */
  destroy(): void;
}

interface Options {
  /** RoPE's angle per position: [headDim / 2], in radians. */
  frequencies: readonly number[];
  /** Most tokens of a run. */
  maxTokens?: number;
  /** Krul's γ: share of the tokens that are kept as they are, 0 to 1. */
  keptShare?: number;
}

/** Compiles the kernels, once. They are bound to a pair when it first comes. */
export async function createPairCoder(
  device: GPUDevice,
  cache: KvCache,
  code: PairCode,
  { frequencies, maxTokens = CHUNK_TOKENS, keptShare = KEPT_SHARE }: Options,
): Promise<PairCoder> {
  const { shape } = cache;
  const [directions, stagesOf] = await Promise.all([
    createDirectionCoder(device, shape, code, { frequencies, maxTokens }),
    compileStages(device, shape, maxTokens),
  ]);
  const buffers = allocate(device, shape, maxTokens, keptCount(keptShare, maxTokens));
  const bound = bindOnce(cache, (layers) =>
    stagesOf({ ...buffers, ...layers, directions: directions.rows }),
  );
  const layoutOf = (tokens: number) => pairLayout({ code, keptShare }, shape, tokens);
  const begin = (run: RowRun): MergedRun => {
    const { start, tokens } = run;
    assert(start >= 0 && start + tokens <= shape.contextTokens, `no rows from ${start}`);
    assert(tokens <= maxTokens, `${tokens} tokens are more than ${maxTokens}`);
    const merged = { ...run, kept: layoutOf(tokens).kept };
    device.queue.writeBuffer(buffers.run, 0, mergedRunParams(merged));
    return merged;
  };
  return {
    codedBytes: (tokens) => layoutOf(tokens).bytes,
    encode(pairs, run) {
      const stages = pairs.map((pair) => bound(pair).encode);
      const merged = begin(run);
      const layout = layoutOf(run.tokens);
      const ranges = sectionsOf(buffers, layout).map(rangeOf);
      const encodeOne = async (merge: readonly PairStage[]): Promise<Rows> => {
        const sections = submit(device, (encoder) => {
          dispatchAll(encoder, merge, merged);
          return recordReadback(device, encoder, "pair coder", ranges);
        });
        // Submitted before the next pair's directions take the place of these.
        return joined(await Promise.all([directions.encode(run), sections.read(bytesOf)]));
      };
      return Promise.all(stages.map(encodeOne));
    },
    decode(pair, run, bytes) {
      const unmerge = bound(pair).decode;
      const layout = layoutOf(run.tokens);
      const { length } = bytes;
      assert(length === layout.bytes, `${length} bytes are not the ${layout.bytes} of the run`);
      const merged = begin(run);
      directions.decode(run.tokens, bytes.subarray(0, layout.magnitudes));
      for (const { buffer, start, end } of sectionsOf(buffers, layout))
        device.queue.writeBuffer(buffer, 0, bytes, start, end - start);
      submit(device, (encoder) => {
        dispatchAll(encoder, unmerge, merged);
      });
    },
    destroy() {
      directions.destroy();
      for (const buffer of Object.values(buffers)) buffer.destroy();
    },
  };
}

// Directions

/** Codes directions, which lie where rows of a layer would. */
interface DirectionCoder {
  /** [maxTokens, 2, kvHeads, headDim] f16. */
  rows: GPUBuffer;
  /** Of the first tokens; submits, as `PairCoder.encode` does. */
  encode(run: RowRun): Promise<Rows>;
  decode(tokens: number, bytes: Rows): void;
  destroy(): void;
}

async function createDirectionCoder(
  device: GPUDevice,
  { kvHeads, headDim }: KvShape,
  code: PairCode,
  { frequencies, maxTokens }: Required<Omit<Options, "keptShare">>,
): Promise<DirectionCoder> {
  const scratch = new KvCache(device, { layers: 1, kvHeads, headDim, contextTokens: maxTokens });
  const [rows] = scratch.layers;
  assert(rows !== undefined, "the scratch cache has a layer");
  if (code === "f16")
    return {
      rows,
      encode: ({ tokens }) => scratch.readRows(0, { start: 0, end: tokens }),
      decode(_tokens, bytes) {
        scratch.writeRows(0, 0, bytes);
      },
      destroy() {
        rows.destroy();
      },
    };
  assert(!code.unrope, "directions stand at 0, and not where their keys do");
  const coder = await createRowCoder(device, scratch, code, { frequencies, maxTokens });
  return {
    rows,
    async encode({ tokens, skip }) {
      const [bytes] = await coder.encode([0], { start: 0, tokens, skip });
      assert(bytes !== undefined, "a layer has bytes");
      return bytes;
    },
    decode(tokens, bytes) {
      coder.decode(0, { start: 0, tokens, skip: 0 }, bytes);
    },
    destroy() {
      coder.destroy();
      rows.destroy();
    },
  };
}

// Everything else

type PairStage = Stage<[run: MergedRun]>;

interface PairStages {
  encode: readonly PairStage[];
  decode: readonly PairStage[];
}

/** Of one pair at a time: the queue keeps them in order. */
type Buffers = Record<"run" | "divergence" | "magnitudes" | "kept_tokens" | "kept_rows", GPUBuffer>;
type BoundBuffers = Buffers & Record<"directions" | "keep" | "share", GPUBuffer>;

function allocate(device: GPUDevice, shape: KvShape, tokens: number, kept: number): Buffers {
  const { kvHeads, headDim } = shape;
  // Where nothing is kept, a quad is bound nevertheless.
  const keptRows = Math.max(kept, 1);
  const words = (label: string, count: number) =>
    storageBuffer(device, `pair coder ${label}`, count * 4);
  return {
    run: uploadUniform(device, "pair coder", new Uint32Array(4)),
    divergence: words("divergence", tokens * 2 * kvHeads),
    magnitudes: words("magnitudes", tokens * 2 * kvHeads),
    kept_tokens: words("kept tokens", keptRows),
    kept_rows: words("kept rows", 2 * keptRows * kvHeads * headDim),
  };
}

async function compileStages(
  device: GPUDevice,
  shape: KvShape,
  maxTokens: number,
): Promise<(buffers: BoundBuffers) => PairStages> {
  const [merge, keep, unmerge] = await Promise.all([
    compileKernel(device, mergeRowsSource(shape)),
    compileKernel(device, keepDivergentRowsSource(shape, maxTokens)),
    compileKernel(device, unmergeRowsSource(shape)),
  ]);
  return (buffers) => ({
    encode: [
      { bound: bindKernel(device, merge, buffers), grid: (run) => mergeRowsGrid(shape, run) },
      { bound: bindKernel(device, keep, buffers), grid: keepDivergentRowsGrid },
    ],
    decode: [
      { bound: bindKernel(device, unmerge, buffers), grid: (run) => unmergeRowsGrid(shape, run) },
    ],
  });
}

/** A pair's stages, made when it first comes: there are many pairs, and few are ever chosen. */
function bindOnce(
  { layers }: KvCache,
  bind: (pair: { keep: GPUBuffer; share: GPUBuffer }) => PairStages,
): (pair: LayerPair) => PairStages {
  const stages = new Map<string, PairStages>();
  return (pair) => {
    const name = `${pair.keep} ${pair.share}`;
    const found = stages.get(name);
    if (found) return found;
    const [keep, share] = [layers[pair.keep], layers[pair.share]];
    assert(keep && share && keep !== share, `layers ${name} are no pair`);
    const made = bind({ keep, share });
    stages.set(name, made);
    return made;
  };
}

/** A buffer whose first bytes stand somewhere in a pair's bytes, behind the directions. */
interface Section {
  buffer: GPUBuffer;
  start: number;
  end: number;
}

/** What follows the directions: consecutive sections of a pair's bytes, none of them empty. */
function sectionsOf(
  buffers: Buffers,
  { magnitudes, keptTokens, keptRows, bytes }: PairLayout,
): Section[] {
  const all = [
    { buffer: buffers.magnitudes, start: magnitudes, end: keptTokens },
    { buffer: buffers.kept_tokens, start: keptTokens, end: keptRows },
    { buffer: buffers.kept_rows, start: keptRows, end: bytes },
  ];
  return all.filter(({ start, end }) => end > start);
}

const rangeOf = ({ buffer, start, end }: Section): BufferRange => ({
  buffer,
  offset: 0,
  bytes: end - start,
});

const bytesOf = (mapped: ArrayBuffer): Rows => new Uint8Array(mapped).slice();
