/**
 * @file What stored KV is named by: everything it depends on.
 *
 * The fingerprint covers the model and how we compute; the prefix hash covers the tokens and, in its last
 * two digits, the lineage. Rows that agree in both are the same rows, or as good.
 */

import { CHUNK_VALUE_VERSION } from "../../kv/value/chunk-value.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import type { LossyLevel, QualityLevel } from "../../protocol/quality.ts";
import { ROOT_HASH } from "../../protocol/kv-store-api.ts";
import { assert } from "../../shared/assert.ts";

/** Raised when the same tokens would get other rows: another order of sums, another rounding. */
const NUMERICS_VERSION = 1;

/**
 * How stored rows came to be. Rows computed on top of lossily stored ones are not the exact rows of their
 * prefix, so they never pass for them.
 *
 * - `exact`: computed from tokens alone, or restored bit for bit; f16
 * - a level: coded, once, within that level's budget
 * - `recent`: computed on top of coded rows of that level, f16 until they are coded themselves
 * - `kept`: f16, and among them rows that were coded before: not to be coded again
 */
export type Lineage = "exact" | LossyLevel | `${LossyLevel}-recent` | `${LossyLevel}-kept`;

/** The last two digits of a chunk's name; never reused. */
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

/** What a conversation of a level may be restored from, the best first. */
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

/** Undefined for one that we do not know. */
export const lineageOf = (name: string): Lineage | undefined => LINEAGES.get(name.slice(-2));

export interface KvDependencies {
  config: ModelConfig;
  /** The source's name for the format of the weights. */
  quantization: string;
  /** Of the tensor index, which holds every shard's checksum. */
  manifestHash: string;
  tokenizer: string;
  /** Of the cache's shape: layers are grouped by it. */
  valueBytes?: number | undefined;
}

/** Hex, 32 digits. */
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
 * Hash of a run of tokens and all before it: SHA-256 over the parent's and the ids, 120 bits of it. The
 * last two of its 32 digits are those of exact rows.
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
