import { ROOT_HASH, type ChunkMeta, type FindRequest } from "../../protocol/kv-store-api.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { chunkHashes, lineageOf, nameOf, prefixHash, type Lineage } from "./kv-identity.ts";

/** A sequence of tokens and the hashes that name its chunks. */
export class ChunkChain {
  readonly tokens: readonly number[];
  /** Hashes of the full chunks' tokens, first to last. */
  readonly #hashes: readonly string[];
  readonly #chunkTokens: number;

  private constructor(tokens: readonly number[], hashes: readonly string[], chunkTokens: number) {
    this.tokens = tokens;
    this.#hashes = hashes;
    this.#chunkTokens = chunkTokens;
  }

  static async of(tokens: readonly number[], chunkTokens: number): Promise<ChunkChain> {
    return new ChunkChain(tokens, await chunkHashes(tokens, chunkTokens), chunkTokens);
  }

  /** Names of the full chunks in a lineage, first to last. */
  namesIn(lineage: Lineage): string[] {
    return this.#hashes.map((hash) => nameOf(hash, lineage));
  }

  /** The part of a store request that asks for the full chunks in these lineages, and for what follows them. */
  hashesFor(lineages: readonly Lineage[]): Pick<FindRequest, "prefixHashes" | "parentHashes"> {
    const prefixHashes = this.#hashes.flatMap((hash) =>
      lineages.map((lineage) => nameOf(hash, lineage)),
    );
    return { prefixHashes, parentHashes: this.#hashes };
  }

  /** The names of a chunk's rows. @param range starts on a chunk's boundary and ends with the chunk or before */
  async namedAs(
    { start, end }: IndexRange,
    lineage: Lineage,
  ): Promise<Pick<ChunkMeta, "parentHash" | "prefixHash">> {
    const parentHash = this.#parentOf(start);
    const known =
      end - start === this.#chunkTokens ? this.#hashes[start / this.#chunkTokens] : undefined;
    const hash = known ?? (await prefixHash(parentHash, this.tokens.slice(start, end)));
    return { parentHash, prefixHash: nameOf(hash, lineage) };
  }

  /** The lineage of a stored chunk if it holds rows of this sequence, which its hash over our own tokens tells. */
  async lineageHeld(chunk: ChunkMeta): Promise<Lineage | undefined> {
    const { startToken: start, tokens } = chunk;
    const end = start + tokens;
    const lineage = lineageOf(chunk.prefixHash);
    const aligned = start >= 0 && start % this.#chunkTokens === 0;
    const fits = tokens > 0 && tokens <= this.#chunkTokens && end <= this.tokens.length;
    if (!lineage || !aligned || !fits) return undefined;
    const { parentHash, prefixHash } = await this.namedAs({ start, end }, lineage);
    return chunk.parentHash === parentHash && chunk.prefixHash === prefixHash ? lineage : undefined;
  }

  #parentOf(start: number): string {
    assert(start % this.#chunkTokens === 0, `${start} is no chunk's boundary`);
    const parent = start === 0 ? ROOT_HASH : this.#hashes[start / this.#chunkTokens - 1];
    assert(parent !== undefined, `there is no chunk before ${start}`);
    return parent;
  }
}
