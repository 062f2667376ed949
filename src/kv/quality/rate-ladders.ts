/** @file The families' rates, one after the other: what the quality guard climbs. */

import { assert } from "../../shared/assert.ts";
import type { KvShape } from "../cache/kv-cache.ts";
import type { CodecFamily, RateLadder } from "../codecs/codec.ts";
import { EXACT_CODEC } from "../codecs/exact/exact-family.ts";
import { CODECS } from "../value/codec-families.ts";
import type { CodecRegistry } from "../value/codec-registry.ts";

/** The ladder that has a rate. Throws if none has. */
export function ladderOf(rate: string, codecs: CodecRegistry = CODECS): RateLadder {
  const ladder = ladderFamily(rate, codecs)?.ladder;
  assert(ladder !== undefined, `no family has rate ${rate}`);
  return ladder;
}

/** The family that stores rows at a rate: that of exact rows for these. */
export function familyOfRate(rate: string, codecs: CodecRegistry = CODECS): CodecFamily {
  if (rate === EXACT_CODEC) return codecs.familyOf(rate);
  const family = ladderFamily(rate, codecs);
  assert(family !== undefined, `no family has rate ${rate}`);
  return family;
}

const ladderFamily = (rate: string, codecs: CodecRegistry): CodecFamily | undefined =>
  codecs.families.find(({ ladder }) => ladder?.rates.includes(rate));

/** The rate of the same family that takes more bytes. Behind the last one come rows as they are. */
export function rateAbove(rate: string, codecs: CodecRegistry = CODECS): string {
  const { rates } = ladderOf(rate, codecs);
  return rates[rates.indexOf(rate) + 1] ?? EXACT_CODEC;
}

/**
 * The rate of the same family that takes fewer bytes; undefined below the lowest. Below rows as they are it
 * is the highest rate of the family in which layers can share.
 */
export function rateBelow(rate: string, codecs: CodecRegistry = CODECS): string | undefined {
  if (rate === EXACT_CODEC) {
    const sharing = codecs.families.find((family) => family.ladder && family.pairedBytes);
    return sharing?.ladder?.rates.at(-1);
  }
  const { rates } = ladderOf(rate, codecs);
  return rates[rates.indexOf(rate) - 1];
}

/** Whether any family has a rate of this name. */
export const hasRate = (rate: string, codecs: CodecRegistry = CODECS): boolean =>
  ladderFamily(rate, codecs) !== undefined;

/** The rate that rows may be stored at without judging, of the fewest bytes. Undefined if no family has one. */
export const safeRate = (codecs: CodecRegistry = CODECS): string | undefined =>
  codecs.families.flatMap(({ ladder }) => ladder?.safe ?? [])[0];

/** The rate of the end of a conversation whose other chunks are stored at this one. Undefined if no family has one. */
export const endRate = (rate: string, codecs: CodecRegistry = CODECS): string | undefined =>
  ladderFamily(rate, codecs)?.ladder?.endOf?.(rate) ?? safeRate(codecs);

/** Whether layers may share rows at a rate: whether its codecs can code what a pair shares. */
export function canShare(rate: string, shape: KvShape, codecs: CodecRegistry = CODECS): boolean {
  const { pairedBytes } = familyOfRate(rate, codecs);
  const codecOf = ladderOf(rate, codecs).codecOf(rate, shape);
  const own = Array.from({ length: shape.layers }, (_, layer) => codecOf(layer));
  return own.every((codec) => pairedBytes?.(codec, shape, 1) !== undefined);
}
