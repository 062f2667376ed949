/** The tokens whose K and V the cache holds, from position 0 on. */
export class ResidentSequence {
  readonly #tokens: number[] = [];
  #savedTokens = 0;
  #exactTokens = 0;

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

  /** How many of them, from the front, have the rows that a prefill of just these tokens gives. */
  get exactTokens(): number {
    return this.#exactTokens;
  }

  /** Rows that were computed on top of those before: exact if they all are. */
  append(tokens: Iterable<number>): void {
    const exact = this.#exactTokens === this.#tokens.length;
    for (const token of tokens) this.#tokens.push(token);
    if (exact) this.#exactTokens = this.#tokens.length;
  }

  /** Rows that come from elsewhere: other tokens were in view when they were computed. */
  appendMoved(tokens: readonly number[]): void {
    if (tokens.length > 0) this.#tokens.push(...tokens);
  }

  /** Forget what is behind the first `length` tokens: their rows may be overwritten from now on. */
  cut(length: number): void {
    this.#tokens.length = length;
    this.#savedTokens = Math.min(this.#savedTokens, length);
    this.#exactTokens = Math.min(this.#exactTokens, length);
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
