import type { JsonReader } from "../shared/json-reader.ts";

/** Gives the bytes that a vocabulary entry (a piece) stands for. */
export interface PieceDecoder {
  bytes(piece: string): Uint8Array;
  /** Whether a first space in a decoded text was put there by the tokenizer, and is not part of the text. */
  stripsLeadingSpace: boolean;
}

/**
 * Makes a decoder of one of two families: byte-level (GPT-2, Qwen, Llama 3, SmolLM2) or SentencePiece (Llama 2,
 * TinyLlama).
 *
 * @param decoder the `decoder` of `tokenizer.json`
 * @throws EngineError `model-invalid` for a decoder of another family
 */
export function createPieceDecoder(decoder: JsonReader): PieceDecoder {
  const steps = flatten(decoder);
  const isByteLevel = steps.some((step) => step.string("type") === "ByteLevel");
  return isByteLevel ? BYTE_LEVEL : sentencePiece(steps);
}

const flatten = (step: JsonReader): JsonReader[] =>
  step.string("type") === "Sequence"
    ? step.objects("decoders", { absent: [] }).flatMap(flatten)
    : [step];

const utf8 = new TextEncoder();

const BYTE_LEVEL: PieceDecoder = {
  bytes(piece) {
    const bytes = Array.from(piece, (character) => BYTE_OF_CHARACTER.get(character));
    // A piece with other characters stands for its own text, as in the `tokenizers` crate.
    return isWhole(bytes) ? Uint8Array.from(bytes) : utf8.encode(piece);
  },
  stripsLeadingSpace: false,
};

const isWhole = (bytes: (number | undefined)[]): bytes is number[] => !bytes.includes(undefined);

/**
 * The inverse of `bytes_to_unicode` of openai/gpt-2: visible characters stand for their own byte, and those from
 * U+0100 on for the other bytes.
 */
const BYTE_OF_CHARACTER: ReadonlyMap<string, number> = (() => {
  const visible = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const table = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    table.set(String.fromCharCode(visible(byte) ? byte : next++), byte);
  }
  return table;
})();

interface SentencePieceSteps {
  replacements: { from: string; to: string }[];
  byteFallback: boolean;
  stripsLeadingSpace: boolean;
}

function sentencePiece(steps: readonly JsonReader[]): PieceDecoder {
  const read: SentencePieceSteps = {
    replacements: [],
    byteFallback: false,
    stripsLeadingSpace: false,
  };
  for (const step of steps) addStep(read, step);
  return {
    bytes(piece) {
      const byte = read.byteFallback ? byteOfPiece(piece) : undefined;
      if (byte !== undefined) return Uint8Array.of(byte);
      return utf8.encode(
        read.replacements.reduce((text, { from, to }) => text.replaceAll(from, () => to), piece),
      );
    },
    stripsLeadingSpace: read.stripsLeadingSpace,
  };
}

function addStep(read: SentencePieceSteps, step: JsonReader): void {
  const type = step.string("type");
  switch (type) {
    case "ByteFallback":
      read.byteFallback = true;
      return;
    case "Fuse":
      return;
    case "Replace":
      read.replacements.push({
        from: step.object("pattern").string("String"),
        to: step.string("content"),
      });
      return;
    case "Metaspace":
      read.replacements.push({ from: step.string("replacement", "\u2581"), to: " " });
      read.stripsLeadingSpace = step.string("prepend_scheme", "always") !== "never";
      return;
    case "Strip":
      if (!isLeadingSpace(step)) throw step.problem("type", "strips more than one leading space");
      read.stripsLeadingSpace = true;
      return;
    default:
      throw step.problem("type", `${type} is not supported`);
  }
}

const isLeadingSpace = (strip: JsonReader): boolean =>
  strip.string("content") === " " && strip.integer("start") === 1 && strip.integer("stop") === 0;

/** The byte of a piece that spells a single byte, such as `<0x0A>`; undefined for any other piece. */
export function byteOfPiece(piece: string): number | undefined {
  const digits = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece)?.[1];
  return digits === undefined ? undefined : parseInt(digits, 16);
}
