/** Work that ends as a whole: the first failure of any part ends all others, and is the one that counts. */
export class Together {
  readonly signal: AbortSignal;
  readonly #failed = new AbortController();
  #first: { error: unknown } | undefined;

  /** @param signal ends all parts too */
  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failed.signal]);
  }

  /** Does one part. */
  async run<T>(part: () => Promise<T>): Promise<T> {
    try {
      return await part();
    } catch (error) {
      this.#first ??= { error };
      this.#failed.abort();
      throw error;
    }
  }

  /** Waits until all parts have ended. @throws the first failure */
  async all(parts: readonly Promise<unknown>[]): Promise<void> {
    await Promise.allSettled(parts);
    if (this.#first) throw this.#first.error;
  }
}
