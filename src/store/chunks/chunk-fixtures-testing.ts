import {
  NUMERICS_VERSION,
  ROOT_HASH,
  type ChunkMeta,
  type ChunkWrite,
  type CommitRequest,
  type ReadRequest,
} from "../../protocol/kv-store-api.ts";

export const FINGERPRINT = "f".repeat(32);

/**
 * A chunk is given by a path of letters, one for each chunk from the root. This is its prefix hash: that of "ab"
 * follows that of "a".
 */
export const hashOf = (path: string): string =>
  path === "" ? ROOT_HASH : Array.from(path, hexOf).join("").padEnd(32, "0");

/** The prefix hash of the same tokens in another lineage. */
export const inOtherLineage = (hash: string): string => `${hash.slice(0, -2)}01`;

const hexOf = (letter: string) => codeOf(letter).toString(16).padStart(2, "0");

export const TOKENS = 64;

/** The chunk at the end of a path. A capital as the last letter makes it a partial one. */
export function chunkAt(path: string, sizes: readonly number[] = [100, 50]): ChunkWrite {
  const last = path.slice(-1);
  const full = last === last.toLowerCase();
  const meta: ChunkMeta = {
    fingerprint: FINGERPRINT,
    prefixHash: hashOf(path),
    parentHash: hashOf(path.slice(0, -1)),
    startToken: (path.length - 1) * TOKENS,
    tokens: full ? TOKENS : TOKENS / 2,
    full,
    groupBytes: sizes,
    numerics: NUMERICS_VERSION,
  };
  return { meta, values: sizes.map((size, group) => contentOf(path, group, size)) };
}

/** The bytes of a value: the same at each call, and different from those of any other value. */
export function contentOf(path: string, group: number, size: number): Uint8Array<ArrayBuffer> {
  let state = Array.from(`${path}/${group}`).reduce(
    (hash, letter) => (hash * 31 + codeOf(letter)) % 2 ** 31,
    7,
  );
  return new Uint8Array(size).map(() => (state = (state * 1103515245 + 12345) % 2 ** 31) >>> 16);
}

const codeOf = (letter: string) => letter.codePointAt(0) ?? 0;

export const keyOf = (path: string, group = 0): ReadRequest => ({
  fingerprint: FINGERPRINT,
  prefixHash: hashOf(path),
  group,
});

/** A commit of the chunks at the ends of these paths, for one conversation. */
export const commitOf = (
  conversationId: string,
  paths: readonly string[],
  fields: Partial<CommitRequest> = {},
): CommitRequest => ({
  conversationId,
  fingerprint: FINGERPRINT,
  writes: paths.map((path) => chunkAt(path)),
  superseded: [],
  ...fields,
});

/** A request that asks for all full chunks along a path. */
export const findOf = (conversationId: string, path: string) => {
  const hashes = Array.from(path, (_, index) => hashOf(path.slice(0, index + 1)));
  const prefixHashes = hashes;
  return { conversationId, fingerprint: FINGERPRINT, prefixHashes, parentHashes: hashes };
};
