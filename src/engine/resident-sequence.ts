/** The tokens whose K and V the cache holds, from position 0 on. */
export class ResidentSequence {
  readonly #tokens: number[] = [];
  #savedTokens = 0;

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  get length(): number {
    return this.#tokens.length;
  }

  /** How many of them, from the front, are stored or about to be. */
  get savedTokens(): number {
    return this.#savedTokens;
  }

  append(tokens: Iterable<number>): void {
    for (const token of tokens) this.#tokens.push(token);
  }

  /** Forget what is behind the first `length` tokens: their rows may be overwritten from now on. */
  cut(length: number): void {
    this.#tokens.length = length;
    this.#savedTokens = Math.min(this.#savedTokens, length);
  }

  markSaved(tokens: number): void {
    this.#savedTokens = Math.max(this.#savedTokens, tokens);
  }

  startsWith(tokens: readonly number[]): boolean {
    return (
      tokens.length <= this.#tokens.length && tokens.every((token, i) => token === this.#tokens[i])
    );
  }
}
