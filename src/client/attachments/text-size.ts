import { wholeText, type Attachment, type WholeMessage } from "../../protocol/attachments.ts";

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

const sizeOf = (bytes: number): TextSize => ({ bytes, tokens: Math.ceil(bytes / BYTES_PER_TOKEN) });

/** Measures a text. This takes some milliseconds for a megabyte. */
export const textSize = (text: string): TextSize => sizeOf(new Blob([text]).size);

/** What was measured. Files never change, and are asked about at every letter that is typed beside them. */
const known = new WeakMap<Attachment, TextSize>();

/** The size of a file's text. */
export function fileSize(file: Attachment): TextSize {
  const size = known.get(file) ?? textSize(file.text);
  known.set(file, size);
  return size;
}

/** The size of all that a message says. */
export function messageSize({ text, attachments = [] }: WholeMessage): TextSize {
  const frames = wholeText({
    text,
    attachments: attachments.map(({ name }) => ({ name, text: "" })),
  });
  const files = attachments.reduce((sum, file) => sum + fileSize(file).bytes, 0);
  return sizeOf(textSize(frames).bytes + files);
}
