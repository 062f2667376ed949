import { wholeText, type WholeMessage } from "../../protocol/attachments.ts";

/** How large a text is. */
export interface TextSize {
  /** In UTF-8. */
  bytes: number;
  /** An estimate: only the model's tokenizer knows. */
  tokens: number;
}

/**
 * Bytes of UTF-8 that a token stands for on average, in tokenizers of large vocabularies: English has four or five letters
 * for a token, and Chinese one or two, of three bytes each. Code has fewer.
 */
const BYTES_PER_TOKEN = 4;

/** Measures a text. This takes less than a millisecond for a megabyte. */
export function textSize(text: string): TextSize {
  const bytes = new Blob([text]).size;
  return { bytes, tokens: Math.ceil(bytes / BYTES_PER_TOKEN) };
}

/** The size of all that a message says. */
export const messageSize = (message: WholeMessage): TextSize => textSize(wholeText(message));
