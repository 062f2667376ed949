/**
 * @file How stored KV is named: by everything it depends on.
 *
 * - KI1: Rows are named by a fingerprint, by a hash over all tokens up to their end, and by their lineage. Rows that
 *   agree in all three are the same rows, or as good.
 * - KI2: The fingerprint covers whatever changes a row besides its tokens: the weights, their format, the tokenizer, the
 *   chat template, every field of the configuration that is not named here as changing no row, the form of stored
 *   values and the version of the arithmetic.
 * - KI3: Two variants of the kernels round differently, and so do two GPUs. The names of exact rows therefore also have
 *   the variant that computed them. No other name has one.
 * - KI4: A conversation at *exact* is restored from exact rows of its own variant only: rows of two variants together
 *   are not what one of them would have computed.
 * - KI5: At any other level a conversation also reads exact rows of other variants, where it finds none of its own.
 *   These are *foreign* to it. They were never coded, so they may be coded once; but what is computed on top of them is
 *   no better than the level *balanced*, and is never stored as exact.
 * - KI6: Whoever stores exact rows of a full chunk gives up those that other variants computed of the same tokens. A
 *   partial chunk is given up by whoever stores what follows it, whatever its variant. Either stays while another
 *   conversation owns it.
 * - KI7: A form whose error is far below every level's budget is *safe*: rows may be stored in it without judging, until
 *   a better form is found, and whatever the level. What comes back of it is no better than the level *balanced*, but
 *   may be coded once more, in a level's form. Rows in a level's form are never coded again, not even in a safe one.
 */

import { sha256 } from "hash-wasm";
import type { KernelVariant } from "../../model/forward/kernel-variant.ts";
import { CHUNK_VALUE_VERSION } from "../../kv/value/chunk-value.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import type { LossyLevel, QualityLevel } from "../../protocol/quality.ts";
import { NUMERICS_VERSION, ROOT_HASH } from "../../protocol/kv-store-api.ts";
import { assert } from "../../shared/assert.ts";
import type { ChatTemplate } from "../../tokenizer/chat-template.ts";

/**
 * How stored rows came to be. Rows computed on top of lossily stored ones are not the exact rows of their
 * prefix, so they never pass for them.
 *
 * - `exact`: rows computed from tokens alone, or restored bit for bit, in f16, by the variant at hand
 * - `foreign`: exact rows of another variant
 * - `safe`: exact or recent rows that were coded in a form that needs no judging
 * - a level: rows that were coded once, within that level's budget; in a safe form they may have been before
 * - `recent`: rows computed on top of coded rows of that level, in f16 until they are coded themselves
 * - `kept`: rows in f16 of which some were coded before, so that they must not be coded again
 */
export type Lineage = OwnLineage | "foreign";

/** The lineages of rows that are computed or coded here. */
export type OwnLineage =
  "exact" | "safe" | LossyLevel | `${LossyLevel}-recent` | `${LossyLevel}-kept`;

/** Digits of a hash of tokens, of which the last two are zeros. */
const HASH_DIGITS = ROOT_HASH.length;

/** What these digits of a chunk's name become. They are never reused. */
const LINEAGE_DIGITS: Readonly<Record<OwnLineage, string>> = {
  exact: "00",
  balanced: "01",
  "balanced-recent": "02",
  "balanced-kept": "03",
  compact: "04",
  "compact-recent": "05",
  "compact-kept": "06",
  safe: "07",
};

const BALANCED = ["balanced", "balanced-recent", "balanced-kept"] as const;
const COMPACT = ["compact", "compact-recent", "compact-kept"] as const;

/** The lineages that a conversation of a level may be restored from, the best first. */
export const READABLE_LINEAGES: Readonly<Record<QualityLevel, readonly Lineage[]>> = {
  exact: ["exact"],
  balanced: ["exact", "foreign", "safe", ...BALANCED],
  compact: ["exact", "foreign", "safe", ...BALANCED, ...COMPACT],
};

/** How good rows of a lineage are, at worst. */
export function levelOf(lineage: Lineage): QualityLevel {
  if (lineage === "exact") return "exact";
  return lineage.startsWith("compact") ? "compact" : "balanced";
}

/** Whether rows of a lineage are stored in a lossy form. */
export const isCoded = (lineage: Lineage): boolean =>
  lineage === "safe" || lineage === "balanced" || lineage === "compact";

/** Whether rows of a lineage have been through a level's form, and must not go through one again. */
export const wasCoded = (lineage: Lineage): boolean =>
  lineage !== "safe" && (isCoded(lineage) || lineage.endsWith("-kept"));

const LINEAGES = new Map(
  Object.entries(LINEAGE_DIGITS).map(([lineage, digits]) => [digits, lineage as OwnLineage]),
);

/**
 * The name of rows of these tokens. That of foreign rows stands for exact rows of every variant.
 *
 * @param hash of the tokens, from `prefixHash` or `chunkHashes`
 * @param variant of the kernels at hand, from `kvVariant`
 */
export function nameOf(hash: string, lineage: Lineage, variant: string): string {
  if (lineage === "foreign") return hash;
  const name = hash.slice(0, -2) + LINEAGE_DIGITS[lineage];
  return lineage === "exact" ? name + variant : name;
}

/** The lineage of a chunk's name, seen from a variant; undefined if this version does not know it. */
export function lineageOf(name: string, variant: string): Lineage | undefined {
  const lineage = LINEAGES.get(name.slice(HASH_DIGITS - 2, HASH_DIGITS));
  const ofVariant = name.slice(HASH_DIGITS);
  if (lineage !== "exact") return ofVariant === "" ? lineage : undefined;
  if (ofVariant.length !== VARIANT_DIGITS) return undefined;
  return ofVariant === variant ? "exact" : "foreign";
}

/** Fields of the configuration that change no row. Any other, even one that is added later, is in the fingerprint. */
const CHANGES_NO_ROW: ReadonlySet<string> = new Set([
  "activeVocab",
  "contextTokens",
  "eosTokenIds",
  "prefillChunkTokens",
  "sampling",
  "tiedEmbeddings",
] satisfies (keyof ModelConfig)[]);

export interface KvDependencies {
  config: ModelConfig;
  /** The source's name for the format of the weights. */
  quantization: string;
  /** Hash of the tensor index, which holds every shard's checksum. */
  manifestHash: string;
  tokenizer: string;
  chatTemplate: ChatTemplate;
  /** The largest size of a stored value, by which layers are grouped. */
  valueBytes?: number | undefined;
}

/**
 * The fingerprint of everything that rows depend on besides their tokens (KI2): 32 hex digits. Of the architecture it
 * has what is done to queries, keys and values, and the name. Whatever else an architecture computes never changes
 * under its name, unless `NUMERICS_VERSION` is raised.
 */
export function kvFingerprint({ config, ...others }: KvDependencies): Promise<string> {
  const model = Object.fromEntries(
    Object.entries(config).filter(([field]) => !CHANGES_NO_ROW.has(field)),
  );
  return hashOf({ ...others, model, NUMERICS_VERSION, CHUNK_VALUE_VERSION });
}

const VARIANT_DIGITS = 16;

/** What the names of exact rows have of the kernels that computed them (KI3): 16 hex digits. */
export async function kvVariant(adapter: string, kernels: KernelVariant): Promise<string> {
  return (await hashOf({ adapter, kernels })).slice(0, VARIANT_DIGITS);
}

/**
 * Hash of a run of tokens and all before it: 120 bits of SHA-256 over the parent's hash and the ids, as 32 hex
 * digits of which the last two are zeros.
 */
export async function prefixHash(parentHash: string, tokens: readonly number[]): Promise<string> {
  assert(parentHash.length === HASH_DIGITS, "a parent hash is cut short");
  const parent = new TextEncoder().encode(parentHash);
  const bytes = new Uint8Array(parent.length + tokens.length * 4);
  bytes.set(parent);
  bytes.set(new Uint8Array(Uint32Array.from(tokens).buffer), parent.length);
  return `${(await hash(bytes)).slice(0, -2)}00`;
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

/** Hash of plain data. The order of fields does not count, and a field that is undefined is as good as absent. */
const hashOf = (data: object): Promise<string> =>
  hash(new TextEncoder().encode(JSON.stringify(data, withSortedFields)));

const withSortedFields = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value;

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  // This is in hex. The browser's own digest is missing where the page came over plain http.
  return (await sha256(bytes)).slice(0, 32);
}
