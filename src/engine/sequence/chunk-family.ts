/**
 * @file Which codec family the rows of a chunk are decoded by: what decoding takes is measured, and planned with,
 * for each family.
 */

import type { CodecFamily } from "../../kv/codecs/codec.ts";
import { EXACT_CODEC } from "../../kv/codecs/exact/exact-family.ts";
import { CODECS, familyOf } from "../../kv/value/codec-families.ts";
import type { ChunkMeta } from "../../protocol/kv-store-api.ts";
import { isCoded, type Lineage } from "./kv-identity.ts";

/** Name of the family of rows as they are in the cache. */
export const EXACT_FAMILY = familyOf(EXACT_CODEC).name;

/** The family of all these codecs of one chunk. Beside another family, exact rows take no time to speak of. */
export function mainFamily(codecs: Iterable<string>): CodecFamily {
  const families = [...codecs].map((codec) => familyOf(codec));
  return families.find(({ isExact }) => !isExact) ?? familyOf(EXACT_CODEC);
}

/**
 * The family of a chunk that was found and not read. Undefined if the chunk does not say: it was stored before
 * chunks said it, or by a version that has other families.
 */
export function familyOfFound({
  lineage,
  family,
}: Pick<ChunkMeta, "family"> & { lineage: Lineage }): string | undefined {
  if (!isCoded(lineage)) return EXACT_FAMILY;
  return CODECS.families.find(({ name }) => name === family)?.name;
}
