/** The bytes of each token, which a text is decoded from. */
export interface TokenBytes {
  /** The bytes of a token. A special token has none, and neither has an id without a token. */
  tokenBytes(id: number): Uint8Array;
  stripsLeadingSpace: boolean;
}

const SPACE = 0x20;

/**
 * Decodes a reply while its tokens arrive. Each token takes time proportional to its length.
 *
 * The bytes of a character may be spread over several tokens, so it is held back until they are complete. Bytes
 * that can no longer become a character are replaced by U+FFFD: one for each maximal subpart, as the Encoding
 * Standard says. All pushes and the flush together give the same text as decoding all tokens at once.
 */
export class StreamDecoder {
  // A byte order mark is kept: in the middle of a reply it is text like any other.
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #tokens: TokenBytes;
  #atStart = true;

  constructor(tokens: TokenBytes) {
    this.#tokens = tokens;
  }

  /** The characters that this token completes. */
  push(id: number): string {
    return this.#utf8.decode(this.#textBytes(id), { stream: true });
  }

  /** The text of what is still held back, as no more tokens will complete it. After this, the decoder starts anew. */
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
