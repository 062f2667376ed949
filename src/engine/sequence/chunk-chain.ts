import {
  nameInAnyVariant,
  ROOT_HASH,
  type ChunkMeta,
  type FindRequest,
} from "../../protocol/kv-store-api.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import {
  chunkHashes,
  lineageOf,
  nameOf,
  prefixHash,
  type Lineage,
  type OwnLineage,
} from "./kv-identity.ts";

/** How a sequence is cut into chunks, and what names their exact rows besides its tokens. */
interface ChainTerms {
  chunkTokens: number;
  /** Of the kernels at hand, from `kvVariant`. */
  variant: string;
}

/** A sequence of tokens and the hashes that name its chunks. */
export class ChunkChain {
  readonly tokens: readonly number[];
  /** Hashes of the full chunks' tokens, first to last. */
  readonly #hashes: readonly string[];
  readonly #chunkTokens: number;
  readonly #variant: string;

  private constructor(
    tokens: readonly number[],
    hashes: readonly string[],
    { chunkTokens, variant }: ChainTerms,
  ) {
    this.tokens = tokens;
    this.#hashes = hashes;
    this.#chunkTokens = chunkTokens;
    this.#variant = variant;
  }

  static async of(tokens: readonly number[], terms: ChainTerms): Promise<ChunkChain> {
    return new ChunkChain(tokens, await chunkHashes(tokens, terms.chunkTokens), terms);
  }

  /** Names of the full chunks in a lineage, first to last. */
  namesIn(lineage: Lineage): string[] {
    return this.#hashes.map((hash) => nameOf(hash, lineage, this.#variant));
  }

  /** The part of a store request that asks for the full chunks in these lineages, and for what follows them. */
  hashesFor(lineages: readonly Lineage[]): Pick<FindRequest, "prefixHashes" | "parentHashes"> {
    const prefixHashes = this.#hashes.flatMap((hash) =>
      lineages.map((lineage) => nameOf(hash, lineage, this.#variant)),
    );
    return { prefixHashes, parentHashes: this.#hashes };
  }

  /** The names of a chunk's rows. @param range starts on a chunk's boundary and ends with the chunk or before */
  async namedAs(
    { start, end }: IndexRange,
    lineage: OwnLineage,
  ): Promise<Pick<ChunkMeta, "parentHash" | "prefixHash">> {
    const hash = await this.#hashOf({ start, end });
    return {
      parentHash: this.#parentOf(start),
      prefixHash: nameOf(hash, lineage, this.#variant),
    };
  }

  /** The lineage of a stored chunk if it holds rows of this sequence, which its hash over our own tokens tells. */
  async lineageHeld(chunk: ChunkMeta): Promise<Lineage | undefined> {
    const { startToken: start, tokens } = chunk;
    const end = start + tokens;
    const lineage = this.lineageOf(chunk);
    const aligned = start >= 0 && start % this.#chunkTokens === 0;
    const fits = tokens > 0 && tokens <= this.#chunkTokens && end <= this.tokens.length;
    if (!lineage || !aligned || !fits) return undefined;
    const name = nameOf(await this.#hashOf({ start, end }), lineage, this.#variant);
    const isNamed =
      lineage === "foreign"
        ? nameInAnyVariant(chunk.prefixHash) === name
        : chunk.prefixHash === name;
    return isNamed && chunk.parentHash === this.#parentOf(start) ? lineage : undefined;
  }

  /** The lineage in a chunk's name, whatever its rows are. */
  lineageOf({ prefixHash }: Pick<ChunkMeta, "prefixHash">): Lineage | undefined {
    return lineageOf(prefixHash, this.#variant);
  }

  async #hashOf({ start, end }: IndexRange): Promise<string> {
    const known =
      end - start === this.#chunkTokens ? this.#hashes[start / this.#chunkTokens] : undefined;
    return known ?? prefixHash(this.#parentOf(start), this.tokens.slice(start, end));
  }

  #parentOf(start: number): string {
    assert(start % this.#chunkTokens === 0, `${start} is no chunk's boundary`);
    const parent = start === 0 ? ROOT_HASH : this.#hashes[start / this.#chunkTokens - 1];
    assert(parent !== undefined, `there is no chunk before ${start}`);
    return parent;
  }
}
