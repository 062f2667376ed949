import { ROOT_HASH, type ChunkMeta } from "../protocol/kv-store-api.ts";
import { assert } from "../shared/assert.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { chunkHashes, prefixHash } from "./kv-identity.ts";

/** A sequence of tokens and the hashes that name its chunks. */
export class ChunkChain {
  readonly tokens: readonly number[];
  /** Of the full chunks, first to last. */
  readonly fullHashes: readonly string[];
  readonly #chunkTokens: number;

  private constructor(tokens: readonly number[], hashes: readonly string[], chunkTokens: number) {
    this.tokens = tokens;
    this.fullHashes = hashes;
    this.#chunkTokens = chunkTokens;
  }

  static async of(tokens: readonly number[], chunkTokens: number): Promise<ChunkChain> {
    return new ChunkChain(tokens, await chunkHashes(tokens, chunkTokens), chunkTokens);
  }

  /** @param range starts on a chunk's boundary and ends with it or before */
  async hashesOf({ start, end }: IndexRange): Promise<{ parentHash: string; prefixHash: string }> {
    const parentHash = this.#parentOf(start);
    const known =
      end - start === this.#chunkTokens ? this.fullHashes[start / this.#chunkTokens] : undefined;
    return {
      parentHash,
      prefixHash: known ?? (await prefixHash(parentHash, this.tokens.slice(start, end))),
    };
  }

  /** Whether a stored chunk holds rows of this sequence: by its hash, over our own tokens. */
  async holds(chunk: ChunkMeta): Promise<boolean> {
    const { startToken: start, tokens } = chunk;
    const end = start + tokens;
    const aligned = start >= 0 && start % this.#chunkTokens === 0;
    if (!aligned || tokens > this.#chunkTokens || end > this.tokens.length) return false;
    const { parentHash, prefixHash } = await this.hashesOf({ start, end });
    return chunk.parentHash === parentHash && chunk.prefixHash === prefixHash;
  }

  /** Of these partial chunks, those that this sequence goes on from. */
  async continued(partial: readonly ChunkMeta[]): Promise<string[]> {
    const hashes: string[] = [];
    for (const chunk of partial) {
      const end = chunk.startToken + chunk.tokens;
      if (end < this.tokens.length && (await this.holds(chunk))) hashes.push(chunk.prefixHash);
    }
    return hashes;
  }

  #parentOf(start: number): string {
    assert(start % this.#chunkTokens === 0, `${start} is no chunk's boundary`);
    const parent = start === 0 ? ROOT_HASH : this.fullHashes[start / this.#chunkTokens - 1];
    assert(parent !== undefined, `there is no chunk before ${start}`);
    return parent;
  }
}
