import { allSamplers, type AttentionSampler } from "../../kv/cache/attention-sampler.ts";
import type { AttentionSimilarity } from "../../kv/sharing/attention-similarity.ts";

/**
 * Watches how the resident conversation attends, from the time on that `begin` was called and the kernels
 * for it are compiled.
 */
export class AttentionWatch {
  readonly #create: () => Promise<AttentionSimilarity>;
  #begun: Promise<void> | undefined;
  #similarity: AttentionSimilarity | undefined;
  #queries: AttentionSampler | undefined;

  /** @param create compiles the kernels; called once, when watching begins */
  constructor(create: () => Promise<AttentionSimilarity>) {
    this.#create = create;
  }

  /** Compile the kernels, if nobody has asked before. Never rejects: without them, no layers share. */
  begin(): Promise<void> {
    return (this.#begun ??= this.#compile());
  }

  /** How alike the layers attend; undefined until the kernels are compiled. */
  get similarity(): AttentionSimilarity | undefined {
    return this.#similarity;
  }

  /** Also sample the queries that keys meet, while a basis is learned. Undefined ends it. */
  sampleQueries(queries: AttentionSampler | undefined): void {
    this.#queries = queries;
  }

  /** Looks at the steps of the conversation; undefined if there is nothing to look for. */
  get sampler(): AttentionSampler | undefined {
    const samplers = [this.#similarity, this.#queries].filter((one) => one !== undefined);
    return samplers.length > 0 ? allSamplers(samplers) : undefined;
  }

  /** Rows of the conversation were cut: what they attended to is no evidence any more. */
  forget(): void {
    this.#similarity?.reset();
  }

  async #compile(): Promise<void> {
    try {
      this.#similarity = await this.#create();
    } catch {
      // The device was lost, or the load of the model has failed.
    }
  }
}
