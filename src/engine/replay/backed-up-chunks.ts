import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import type { CachedRows } from "../sequence/prepared-model.ts";

/**
 * Rows that are kept beside the cache, while some of its layers hold others, take this much memory of the device at
 * most, unless those of one layer of one chunk take more. Beside them are those of one chunk that are put back at once,
 * less than a quarter of this. Together that is below 32 MiB.
 */
export const BACKUP_BYTES = 24 * 2 ** 20;

/** Bytes of one token's rows in all layers, in f16. */
export const tokenBytes = ({ cache }: Pick<CachedRows, "cache">): number =>
  cache.rowBytes * cache.layers.length;

/** How many layers' rows of so many tokens may be exchanged at once. It is at least 1. */
export const mostLayers = ({ cache }: Pick<CachedRows, "cache">, tokens: number): number =>
  Math.min(
    cache.layers.length,
    Math.max(1, Math.floor(BACKUP_BYTES / (tokens * cache.rowBytes))),
  );

/**
 * The most chunks whose rows may be exchanged, which is done for a few layers at a time. There is room for a further
 * chunk, the recent one. It is at least 1.
 */
export const mostBackedUp = ({ cache }: Pick<CachedRows, "cache">): number =>
  Math.max(1, Math.floor(BACKUP_BYTES / (CHUNK_TOKENS * cache.rowBytes)) - 1);

/** The newest of the chunks that may be stored in a lossy form, as many as may be exchanged. */
export const newestChunks = (model: Pick<CachedRows, "cache" | "resident">): ChunkRun[] =>
  codableChunks(model.resident).slice(-mostBackedUp(model));
