import type { RowRun } from "../../../../shaders/rows/coded-layout.ts";
import { keptCount } from "../../../../shaders/pairs/keep-divergent-rows.ts";
import { mergedRunParams, type MergedRun } from "../../../../shaders/pairs/merged-layout.ts";
import { dispatchAll, submit } from "../../../device/commands.ts";
import { recordReadback } from "../../../device/readback.ts";
import { assert } from "../../../shared/assert.ts";
import { CHUNK_TOKENS } from "../../cache/chunk-layout.ts";
import type { LayerPair } from "../../sharing/select-pairs.ts";
import type { CoderContext } from "../codec.ts";
import { createDirectionCoder, type PairedCodec } from "./direction-coder.ts";
import { KEPT_SHARE, type RowBytes } from "./merge-rows.ts";
import { joined, layoutBehind } from "./pair-codec.ts";
import {
  allocatePairBuffers,
  bindOnce,
  compilePairStages,
  rangeOf,
  sectionsOf,
  type PairStage,
} from "./pair-stages.ts";

/** Merges pairs of layers of a KV cache, and stores each pair as pair-codec.ts says. */
export interface PairCoder {
  /** Bytes of one pair's run of this many tokens, everything included. */
  codedBytes(tokens: number): number;
  /**
   * Submits the coding of the same run of some pairs. Steps that are submitted after the call change
   * nothing.
   *
   * @returns each pair's bytes, in the order of `pairs`. Rejects if the device is lost.
   */
  encode(pairs: readonly LayerPair[], run: RowRun): Promise<RowBytes[]>;
  /**
   * Submits the decoding of one pair's run into both layers of the cache and does not wait. Rows of the
   * first `skip` tokens stay as they are.
   */
  decode(pair: LayerPair, run: RowRun, bytes: RowBytes): void;
  /** Frees the buffers, once what was submitted is done. */
  destroy(): void;
}

/**
 * Compiles the kernels, once. They are bound to a pair when it first comes.
 *
 * @param paired the codec of the pairs' directions
 */
export async function createPairCoder(
  context: CoderContext,
  paired: PairedCodec,
  { keptShare = KEPT_SHARE }: { keptShare?: number } = {},
): Promise<PairCoder> {
  const { device, cache } = context;
  const { shape } = cache;
  const [directions, stagesOf] = await Promise.all([
    createDirectionCoder(context, paired),
    compilePairStages(device, shape),
  ]);
  const buffers = allocatePairBuffers(device, shape, keptCount(keptShare, CHUNK_TOKENS));
  const bound = bindOnce(cache, (layers) =>
    stagesOf({ ...buffers, ...layers, directions: directions.rows }),
  );
  const layoutOf = (tokens: number) =>
    layoutBehind(directions.codedBytes(tokens), keptShare, shape, tokens);
  const begin = (run: RowRun): MergedRun => {
    const { start, tokens } = run;
    assert(start >= 0 && start + tokens <= shape.contextTokens, `no rows from ${start}`);
    assert(tokens <= CHUNK_TOKENS, `${tokens} tokens are more than ${CHUNK_TOKENS}`);
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
      const encodeOne = async (merge: readonly PairStage[]): Promise<RowBytes> => {
        const sections = submit(device, (encoder) => {
          dispatchAll(encoder, merge, merged);
          return recordReadback(device, encoder, "pair coder", ranges);
        });
        // This is submitted before the next pair's directions take the place of these.
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

const bytesOf = (mapped: ArrayBuffer): RowBytes => new Uint8Array(mapped).slice();
