import { CHUNK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import type { ChunkRun } from "../../kv/value/stored-form.ts";
import { codableChunks } from "../sequence/codable-chunks.ts";
import type { CachedRows } from "../sequence/prepared-model.ts";

/**
 * Rows that are kept beside the cache, while some of its layers hold others, take this much memory of the device at
 * most, unless those of one layer of one chunk take more. Beside them are some of one chunk that are put back at once,
 * which take about as much as a stored value does as it is: 2 MiB. Together that is below 32 MiB.
 */
export const BACKUP_BYTES = 28 * 2 ** 20;

/** The part of it that the rows of the tokens that are run again may take: they are kept in all layers. */
export const REPLAYED_BYTES = 12 * 2 ** 20;

/** Bytes of one token's rows in all layers, in f16. */
export const tokenBytes = ({ cache }: Pick<CachedRows, "cache">): number =>
  cache.rowBytes * cache.layers.length;

/** How many layers' rows of so many tokens fit into `bytes`, but at least 1. */
export const mostLayers = (
  { cache }: Pick<CachedRows, "cache">,
  tokens: number,
  bytes: number,
): number =>
  Math.min(cache.layers.length, Math.max(1, Math.floor(bytes / (tokens * cache.rowBytes))));

/** The most chunks whose rows may be exchanged, which is done for a few layers at a time. It is at least 1. */
export const mostBackedUp = ({ cache }: Pick<CachedRows, "cache">): number =>
  Math.max(1, Math.floor((BACKUP_BYTES - REPLAYED_BYTES) / (CHUNK_TOKENS * cache.rowBytes)));

/** The newest of the chunks that may be stored in a lossy form, as many as may be exchanged. */
export const newestChunks = (model: Pick<CachedRows, "cache" | "resident">): ChunkRun[] =>
  codableChunks(model.resident).slice(-mostBackedUp(model));
