/** @file What a pair's rows pass through on the device, but for the coding of their directions. */

import type { Device, DeviceBuffer } from "../../../device/device.ts";
import {
  keepDivergentRowsGrid,
  keepDivergentRowsSource,
} from "../../../../shaders/pairs/keep-divergent-rows.ts";
import { mergeRowsGrid, mergeRowsSource } from "../../../../shaders/pairs/merge-rows.ts";
import type { MergedRun } from "../../../../shaders/pairs/merged-layout.ts";
import { unmergeRowsGrid, unmergeRowsSource } from "../../../../shaders/pairs/unmerge-rows.ts";
import { storageBuffer, uploadUniform } from "../../../device/buffers.ts";
import type { Stage } from "../../../device/commands.ts";
import { bindKernel, compileKernel } from "../../../device/kernel.ts";
import type { BufferRange } from "../../../device/readback.ts";
import { assert } from "../../../shared/assert.ts";
import { CHUNK_TOKENS } from "../../cache/chunk-layout.ts";
import type { KvCache, KvShape } from "../../cache/kv-cache.ts";
import type { LayerPair } from "../../sharing/select-pairs.ts";
import type { PairLayout } from "./pair-codec.ts";

export type PairStage = Stage<[run: MergedRun]>;

export interface PairStages {
  encode: readonly PairStage[];
  decode: readonly PairStage[];
}

/** What one pair at a time is worked on in: the queue keeps pairs in order. */
export type PairBuffers = Record<
  "run" | "divergence" | "magnitudes" | "kept_tokens" | "kept_rows",
  DeviceBuffer
>;
type BoundBuffers = PairBuffers & Record<"directions" | "keep" | "share", DeviceBuffer>;

export function allocatePairBuffers(device: Device, shape: KvShape, kept: number): PairBuffers {
  const { kvHeads, headDim } = shape;
  const tokens = CHUNK_TOKENS;
  // A binding is never empty: where nothing is kept, a quad is bound.
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

export async function compilePairStages(
  device: Device,
  shape: KvShape,
): Promise<(buffers: BoundBuffers) => PairStages> {
  const [merge, keep, unmerge] = await Promise.all([
    compileKernel(device, mergeRowsSource(shape)),
    compileKernel(device, keepDivergentRowsSource(shape, CHUNK_TOKENS)),
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

/** Makes a pair's stages when the pair is first coded: there are many pairs, and few are ever chosen. */
export function bindOnce(
  { layers }: KvCache,
  bind: (pair: { keep: DeviceBuffer; share: DeviceBuffer }) => PairStages,
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
  buffer: DeviceBuffer;
  start: number;
  end: number;
}

/** What follows the directions: consecutive sections of a pair's bytes, none of them empty. */
export function sectionsOf(
  buffers: PairBuffers,
  { magnitudes, keptTokens, keptRows, bytes }: PairLayout,
): Section[] {
  const all = [
    { buffer: buffers.magnitudes, start: magnitudes, end: keptTokens },
    { buffer: buffers.kept_tokens, start: keptTokens, end: keptRows },
    { buffer: buffers.kept_rows, start: keptRows, end: bytes },
  ];
  return all.filter(({ start, end }) => end > start);
}

export const rangeOf = ({ buffer, start, end }: Section): BufferRange => ({
  buffer,
  offset: 0,
  bytes: end - start,
});
