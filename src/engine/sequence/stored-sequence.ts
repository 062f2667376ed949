import { ok, type Result } from "../../protocol/errors.ts";
import type { ChunkMeta, FoundChunks } from "../../protocol/kv-store-api.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { ChunkChain } from "./chunk-chain.ts";
import type { KvStore } from "./kv-connection.ts";
import { READABLE_LINEAGES, type Lineage } from "./kv-identity.ts";

/** What is needed to read a chunk. */
export interface ReadableChunk extends Pick<
  ChunkMeta,
  "fingerprint" | "prefixHash" | "startToken" | "tokens"
> {
  lineage: Lineage;
}

/** A chunk that is stored and holds rows of the sequence that was looked for. */
export type FoundChunk = ReadableChunk & Pick<ChunkMeta, "groupBytes" | "family">;

interface SoughtSequence {
  conversationId: string;
  fingerprint: string;
  chain: ChunkChain;
  /** Forms that a conversation of this level may be restored from are looked for. */
  quality: QualityLevel;
}

/** What is stored of one sequence of tokens, as it was found at one time. */
export class StoredSequence {
  readonly #chain: ChunkChain;
  readonly #found: FoundChunks;

  private constructor(chain: ChunkChain, found: FoundChunks) {
    this.#chain = chain;
    this.#found = found;
  }

  /** Ask the store. The failure is the store's. */
  static async find(
    store: Pick<KvStore, "find">,
    { conversationId, fingerprint, chain, quality }: SoughtSequence,
  ): Promise<Result<StoredSequence>> {
    const hashes = chain.hashesFor(READABLE_LINEAGES[quality]);
    const found = await store.find({ conversationId, fingerprint, ...hashes });
    return found.ok ? ok(new StoredSequence(chain, found.value)) : found;
  }

  /** Full chunks, first to last; several where a chunk is stored in several forms. */
  get full(): readonly ChunkMeta[] {
    return this.#found.full;
  }

  /** Chunks, full and partial, that hold rows of this sequence, by their hashes over our own tokens. */
  async held(): Promise<FoundChunk[]> {
    const held: FoundChunk[] = [];
    for (const chunk of [...this.#found.full, ...this.#found.partial]) {
      const lineage = await this.#chain.lineageHeld(chunk);
      if (lineage) held.push({ ...chunk, lineage });
    }
    return held;
  }

  /** Names of the partial chunks that this sequence goes on from: once it is stored, they are of no use. */
  async continued(): Promise<string[]> {
    const names: string[] = [];
    for (const chunk of this.#found.partial) {
      const end = chunk.startToken + chunk.tokens;
      const goesOn = end < this.#chain.tokens.length;
      if (goesOn && (await this.#chain.lineageHeld(chunk))) names.push(chunk.prefixHash);
    }
    return names;
  }
}
