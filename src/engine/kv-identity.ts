/**
 * @file What stored KV is named by: everything it depends on.
 *
 * The fingerprint covers the model and how we compute; the prefix hash covers the tokens. Rows that
 * agree in both are the same rows.
 */

import type { ModelConfig } from "../model/loader/chat-config.ts";
import { ROOT_HASH } from "../protocol/kv-store-api.ts";
import { assert } from "../shared/assert.ts";

/** Raised when the same tokens would get other rows: another order of sums, another rounding. */
const NUMERICS_VERSION = 1;

/**
 * How rows came to be. `exact`: computed from tokens alone, or restored bit for bit. Rows computed on
 * top of lossily stored ones are not the exact rows of their prefix, so they never mix.
 */
export type Lineage = "exact";

export interface KvDependencies {
  config: ModelConfig;
  /** Of the tensor index, which holds every shard's checksum. */
  manifestHash: string;
  tokenizer: string;
}

/** Hex, 32 digits. */
export function kvFingerprint(
  { config, manifestHash, tokenizer }: KvDependencies,
  lineage: Lineage,
): Promise<string> {
  const { architecture, quantization, layers, kvHeads, headDim, rope, rmsNormEps } = config;
  const model = { architecture, quantization, layers, kvHeads, headDim, rope, rmsNormEps };
  const parts = { NUMERICS_VERSION, lineage, model, manifestHash, tokenizer };
  return hash(new TextEncoder().encode(JSON.stringify(parts)));
}

/** Hash of a run of tokens and all before it: SHA-256 over the parent's and the ids, 128 bits of it. */
export function prefixHash(parentHash: string, tokens: readonly number[]): Promise<string> {
  assert(parentHash.length === ROOT_HASH.length, "a parent hash is cut short");
  const parent = new TextEncoder().encode(parentHash);
  const bytes = new Uint8Array(parent.length + tokens.length * 4);
  bytes.set(parent);
  bytes.set(new Uint8Array(Uint32Array.from(tokens).buffer), parent.length);
  return hash(bytes);
}

/** Prefix hashes of the full chunks of a sequence, first to last. */
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
