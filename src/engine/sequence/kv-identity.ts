/**
 * @file How stored KV is named: by everything it depends on.
 *
 * The fingerprint covers the model and how we compute; the prefix hash covers the tokens and, in its last
 * two digits, the lineage. Rows that agree in both are the same rows, or as good.
 */

import { CHUNK_VALUE_VERSION } from "../../kv/value/chunk-value.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import type { LossyLevel, QualityLevel } from "../../protocol/quality.ts";
import { ROOT_HASH } from "../../protocol/kv-store-api.ts";
import { assert } from "../../shared/assert.ts";

/** Raised when the same tokens would get other rows, say by another order of sums or another rounding. */
const NUMERICS_VERSION = 1;

/**
 * How stored rows came to be. Rows computed on top of lossily stored ones are not the exact rows of their
 * prefix, so they never pass for them.
 *
 * - `exact`: rows computed from tokens alone, or restored bit for bit, in f16
 * - a level: rows that were coded once, within that level's budget
 * - `recent`: rows computed on top of coded rows of that level, in f16 until they are coded themselves
 * - `kept`: rows in f16 of which some were coded before, so that they must not be coded again
 */
export type Lineage = "exact" | LossyLevel | `${LossyLevel}-recent` | `${LossyLevel}-kept`;

/** The last two digits of a chunk's name. They are never reused. */
const LINEAGE_DIGITS: Readonly<Record<Lineage, string>> = {
  exact: "00",
  balanced: "01",
  "balanced-recent": "02",
  "balanced-kept": "03",
  compact: "04",
  "compact-recent": "05",
  "compact-kept": "06",
};

const BALANCED = ["balanced", "balanced-recent", "balanced-kept"] as const;
const COMPACT = ["compact", "compact-recent", "compact-kept"] as const;

/** The lineages that a conversation of a level may be restored from, the best first. */
export const READABLE_LINEAGES: Readonly<Record<QualityLevel, readonly Lineage[]>> = {
  exact: ["exact"],
  balanced: ["exact", ...BALANCED],
  compact: ["exact", ...BALANCED, ...COMPACT],
};

/** How good rows of a lineage are, at worst. */
export function levelOf(lineage: Lineage): QualityLevel {
  if (lineage === "exact") return "exact";
  return lineage.startsWith("balanced") ? "balanced" : "compact";
}

/** Whether rows of a lineage are stored in a lossy form. */
export const isCoded = (lineage: Lineage): boolean =>
  lineage === "balanced" || lineage === "compact";

const LINEAGES = new Map(
  Object.entries(LINEAGE_DIGITS).map(([lineage, digits]) => [digits, lineage as Lineage]),
);

/** The name of rows of these tokens. @param hash of the tokens, from `prefixHash` or `chunkHashes` */
export const nameOf = (hash: string, lineage: Lineage): string =>
  hash.slice(0, -2) + LINEAGE_DIGITS[lineage];

/** The lineage of a chunk's name; undefined if this version does not know it. */
export const lineageOf = (name: string): Lineage | undefined => LINEAGES.get(name.slice(-2));

export interface KvDependencies {
  config: ModelConfig;
  /** The source's name for the format of the weights. */
  quantization: string;
  /** Hash of the tensor index, which holds every shard's checksum. */
  manifestHash: string;
  tokenizer: string;
  /** The largest size of a stored value, by which layers are grouped. */
  valueBytes?: number | undefined;
}

/** The fingerprint of everything that exact rows depend on besides their tokens: 32 hex digits. */
export function kvFingerprint({
  config,
  quantization,
  manifestHash,
  tokenizer,
  valueBytes,
}: KvDependencies): Promise<string> {
  const { architecture, layers, kvHeads, headDim, rope, rmsNormEps } = config;
  const model = { architecture, quantization, layers, kvHeads, headDim, rope, rmsNormEps };
  const versions = { NUMERICS_VERSION, CHUNK_VALUE_VERSION };
  const parts = { ...versions, model, manifestHash, tokenizer, valueBytes };
  return hash(new TextEncoder().encode(JSON.stringify(parts)));
}

/**
 * Hash of a run of tokens and all before it: 120 bits of SHA-256 over the parent's hash and the ids, as 32 hex
 * digits of which the last two are those of exact rows.
 */
export async function prefixHash(parentHash: string, tokens: readonly number[]): Promise<string> {
  assert(parentHash.length === ROOT_HASH.length, "a parent hash is cut short");
  const parent = new TextEncoder().encode(parentHash);
  const bytes = new Uint8Array(parent.length + tokens.length * 4);
  bytes.set(parent);
  bytes.set(new Uint8Array(Uint32Array.from(tokens).buffer), parent.length);
  return nameOf(await hash(bytes), "exact");
}

/** Hashes of the full chunks of a sequence, first to last. */
export async function chunkHashes(
  tokens: readonly number[],
  chunkTokens: number,
): Promise<string[]> {
  const hashes: string[] = [];
  let parent = ROOT_HASH;
  for (let end = chunkTokens; end <= tokens.length; end += chunkTokens) {
    parent = await prefixHash(parent, tokens.slice(end - chunkTokens, end));
    hashes.push(parent);
  }
  return hashes;
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
