import type { IndexRange } from "../../shared/index-range.ts";
import { rowBytes, type KvShape } from "./kv-cache.ts";

/**
 * Tokens of a full chunk, which is stored, loaded and (later) encoded as one.
 *
 * A longer one makes fewer, larger values, of which a read costs less per byte; a shorter one leaves
 * less to be written again with every turn and finer steps to plan a restoration in. At 128, Pip's
 * chunk is 384 KiB, and a layer of Qwen3-0.6B's is 512 KiB.
 */
export const CHUNK_TOKENS = 128;

/** The first tokens, which every later one attends to: stored as they are (StreamingLLM, arXiv:2309.17453). */
export const SINK_TOKENS = 4;

/** A token is stored as it is until this many tokens have followed it. */
export const RECENT_TOKENS = 64;

/** The most bytes of a stored value, unless a single layer takes more. */
const TARGET_VALUE_BYTES = 2 * 2 ** 20;

/** The layers of each group: consecutive, all groups alike but the last. */
export function layerGroups(shape: KvShape): IndexRange[] {
  const layerBytes = CHUNK_TOKENS * rowBytes(shape);
  const { valueBytes = TARGET_VALUE_BYTES } = shape;
  const size = Math.max(1, Math.floor(valueBytes / layerBytes));
  return Array.from({ length: Math.ceil(shape.layers / size) }, (_, group) => ({
    start: group * size,
    end: Math.min((group + 1) * size, shape.layers),
  }));
}
