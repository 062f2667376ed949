import { decodeChunkValue, type ChunkValue } from "../../../kv/value/chunk-value.ts";
import type { ReadValue } from "./store-stream.ts";

/** The parts of a value that was read. Undefined if it is missing, or not what it should be. */
export function checkedValue({ chunk, shape, bytes }: ReadValue): ChunkValue | undefined {
  const value = bytes && decodeChunkValue(shape, bytes);
  // A chunk that is named as exact holds nothing but exact rows.
  const isExact = value?.layers.every((one) => one.codec === "f16" && one.partner === undefined);
  const isNamedExact = chunk.lineage === "exact" || chunk.lineage === "foreign";
  return isNamedExact && !isExact ? undefined : value;
}
