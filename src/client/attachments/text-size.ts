import { wholeText, type Attachment, type WholeMessage } from "../../protocol/attachments.ts";

/** How large a text is. */
export interface TextSize {
  /** In UTF-8. */
  bytes: number;
  /** An estimate, where they are not counted. */
  tokens: number;
  /** Whether the model's tokenizer has counted the tokens. */
  isCounted?: boolean;
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

/** The size of all that a message says. @param counted the tokens of a file, where the model's tokenizer has counted them */
export function messageSize(
  { text, attachments = [] }: WholeMessage,
  counted: (file: Attachment) => number | undefined = () => undefined,
): TextSize {
  const frames = wholeText({
    text,
    attachments: attachments.map(({ name }) => ({ name, text: "" })),
  });
  const around = textSize(frames);
  const sizes = [around, ...attachments.map(fileSize)];
  const tokens = attachments.map((file) => counted(file) ?? fileSize(file).tokens);
  return {
    bytes: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    tokens: tokens.reduce((sum, count) => sum + count, around.tokens),
  };
}
