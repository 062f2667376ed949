import type { Tokenizer } from "../tokenizer/tokenizer.ts";

/** UTF-16 units that are tokenised before other work has its turn: some 20 ms of it. */
const SLICE = 4096;

/** UTF-16 units of the longest text that is counted: longer than any context, and counted within seconds. */
export const MOST_COUNTED = 1_000_000;

/** Counts the tokens of texts, a slice at a time. */
export class TokenCounter {
  readonly #tokenizer: () => Tokenizer | undefined;
  #asked = 0;

  /** @param tokenizer undefined while nothing is to be counted */
  constructor(tokenizer: () => Tokenizer | undefined) {
    this.#tokenizer = tokenizer;
  }

  /** As in `EngineCounting`. */
  async count(text: string): Promise<number | undefined> {
    const asked = ++this.#asked;
    const tokenizer = this.#tokenizer();
    if (text.length > MOST_COUNTED) return undefined;
    let tokens = 0;
    for (let start = 0; start < text.length;) {
      if (!tokenizer || asked !== this.#asked || this.#tokenizer() !== tokenizer) return undefined;
      const end = endOfSlice(text, start);
      tokens += tokenizer.encodeText(text.slice(start, end)).length;
      start = end;
      if (start < text.length) await new Promise((resolve) => setTimeout(resolve));
    }
    return tokenizer && tokens;
  }
}

/** Before a line break, where hardly any tokenizer has a token of both sides; else before a word, or anywhere. */
function endOfSlice(text: string, start: number): number {
  const end = start + SLICE;
  if (end >= text.length) return text.length;
  const breaks = ["\n", " "].map((mark) => text.lastIndexOf(mark, end));
  return breaks.find((at) => at > start) ?? (isLowSurrogate(text.charCodeAt(end)) ? end - 1 : end);
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff;
