import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import type { CachedRows } from "../sequence/prepared-model.ts";

/** Rows that are kept beside the cache, while it holds others, take this much GPU memory at most. */
const BACKUP_BYTES = 64 * 2 ** 20;

/** Bytes of one token's rows in all layers, in f16. */
export const tokenBytes = ({ cache }: Pick<CachedRows, "cache">): number =>
  cache.rowBytes * cache.layers.length;

/** The most chunks whose rows may be exchanged at once. It is at least 1. */
export const mostBackedUp = (model: Pick<CachedRows, "cache">): number =>
  Math.max(1, Math.floor(BACKUP_BYTES / (CHUNK_TOKENS * tokenBytes(model))));

/** The newest of the chunks that may be stored in a lossy form, as many as may be exchanged at once. */
export const newestChunks = (model: Pick<CachedRows, "cache" | "resident">): ChunkRun[] =>
  codableChunks(model.resident).slice(-mostBackedUp(model));
