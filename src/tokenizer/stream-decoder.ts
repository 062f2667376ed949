/** What a text is decoded from. */
export interface TokenBytes {
  /** Empty for a special token and for an id that no token has. */
  tokenBytes(id: number): Uint8Array;
  stripsLeadingSpace: boolean;
}

const SPACE = 0x20;

/**
 * Text of a reply while its tokens arrive, in time proportional to each token.
 *
 * A character's bytes may lie in several tokens: it is held back until they are complete. Bytes that
 * can no longer become a character are U+FFFD (one per maximal subpart, as the Encoding Standard
 * says). All pushes and the flush together are what decoding the tokens at once gives.
 */
export class StreamDecoder {
  // A byte order mark in the middle of a reply is text like any other.
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #tokens: TokenBytes;
  #atStart = true;

  constructor(tokens: TokenBytes) {
    this.#tokens = tokens;
  }

  /** The characters that `id` completes. */
  push(id: number): string {
    return this.#utf8.decode(this.#textBytes(id), { stream: true });
  }

  /** What was held back, which nothing can complete any more. The decoder starts over. */
  flush(): string {
    this.#atStart = true;
    return this.#utf8.decode();
  }

  #textBytes(id: number): Uint8Array {
    const bytes = this.#tokens.tokenBytes(id);
    if (!this.#atStart || bytes.length === 0) return bytes;
    this.#atStart = false;
    const strip = this.#tokens.stripsLeadingSpace && bytes[0] === SPACE;
    return strip ? bytes.subarray(1) : bytes;
  }
}
