import {
  LANES,
  streamRanges,
  type ComponentBlock,
  type ComponentShape,
  type ComponentVariant,
  type FixedBlock,
  type RansBlock,
  type RansStream,
} from "../../../../shaders/transform/component-block.ts";
import { assertComponentShape } from "../../../../shaders/transform/decode-components.ts";
import { BitReader, type BitWriter } from "./bit-string.ts";
import { readEscapes } from "./component-escapes.ts";
import { kindsOf, liveOf, readKinds, widthOf } from "./component-kinds.ts";

// A block, in order; numbers of the header as BitWriter writes them, orders in brackets:
//
//   kinds: per side the number of components up to the last live one [7]; of each of these the difference
//          of its kind from the one before, which of the first is FIRST_KIND, as a zigzag number [0].
//          A kind is a component's class ("rans") or width ("fixed": kind 15 is 16 bits); 0 is not live
//   "rans": per stream the 16-bit words [10], the steps that refill no lane [4], and of each lane the
//          exponent of its state and the bits below the leading one;
//          the number of escapes [2]; if any, 5 bits of an order k; per escape how far its place in
//          [live, tokens] is beyond the one after the last [k], its sign, how far it is beyond its table
//   zeros to a whole 32-bit word, then the payload: the streams' 16-bit words; or each live component's
//          codes, of `width` bits from the lowest of a word on; zeros to a whole 32-bit word

const ORDERS = { words: 10, tail: 4 } as const;

/**
 * Checks all of a block's header. What is accepted is safe to decode, though a damaged payload decodes
 * to other codes. It takes time and memory in proportion to `bytes` and the number of components.
 *
 * @returns undefined if `bytes` are not a block of this shape
 */
export function parseComponents(
  variant: ComponentVariant,
  bytes: Uint8Array,
  shape: ComponentShape,
): ComponentBlock | undefined {
  const { tokens, sideComponents } = shape;
  assertComponentShape(tokens, sideComponents[0] + sideComponents[1]);
  if (bytes.length % 4 !== 0) return undefined;
  const reader = new BitReader(bytes);
  const kinds = readKinds(reader, shape);
  if (!kinds) return undefined;
  const live = liveOf(kinds);
  const liveKinds = kindsOf(kinds, live);
  const block =
    variant === "fixed"
      ? fixedBlock(reader, tokens, live, liveKinds)
      : ransBlock(reader, tokens, live, liveKinds);
  if (!block || reader.failed) return undefined;
  return isFilled(bytes, payloadEnd(block, reader.toWord() * 2)) ? block : undefined;
}

/** Whether a payload of 16-bit words that ends there, and zeros to a whole word, is the block's end. */
function isFilled(bytes: Uint8Array, end: number): boolean {
  if (bytes.length !== Math.ceil(end / 2) * 4) return false;
  return bytes.subarray(end * 2).every((byte) => byte === 0);
}

/** Where a payload ends, in 16-bit words. @param start where it begins */
function payloadEnd(block: ComponentBlock, start: number): number {
  if (block.variant === "rans") return block.streams.at(-1)?.words.end ?? start;
  const last = block.live.length - 1;
  if (last < 0) return start;
  return ((block.offsets[last] ?? 0) + ((block.widths[last] ?? 0) * block.tokens) / 32) * 2;
}

function fixedBlock(
  reader: BitReader,
  tokens: number,
  live: FixedBlock["live"],
  kinds: Uint8Array<ArrayBuffer>,
): FixedBlock {
  const widths = kinds.map(widthOf);
  let at = reader.toWord();
  const offsets = Uint32Array.from(widths, (width) => {
    const offset = at;
    at += (width * tokens) / 32;
    return offset;
  });
  return { variant: "fixed", tokens, live, widths, offsets };
}

function ransBlock(
  reader: BitReader,
  tokens: number,
  live: RansBlock["live"],
  classes: Uint8Array<ArrayBuffer>,
): RansBlock | undefined {
  const headers: Pick<StreamHeader, "words" | "refills" | "states">[] = [];
  const ranges = streamRanges(live.length);
  for (const { start, end } of ranges) {
    const header = readStream(reader, ((end - start) * tokens) / LANES);
    if (!header) return undefined;
    headers.push(header);
  }
  const escapes = readEscapes(reader, tokens, classes);
  if (!escapes) return undefined;
  let word = reader.toWord() * 2;
  let escape = 0;
  const streams = headers.map(({ words, refills, states }, i): RansStream => {
    const range = ranges[i] ?? { start: 0, end: 0 };
    const stream = {
      live: range,
      words: { start: word, end: word + words },
      refills,
      states,
      escapes: { start: escape, end: placesBelow(escapes.places, range.end * tokens) },
    };
    word = stream.words.end;
    escape = stream.escapes.end;
    return stream;
  });
  return { variant: "rans", tokens, live, classes, streams, escapes };
}

/** A stream before its place is known. `words` is the number of its words. */
export interface StreamHeader {
  words: number;
  steps: number;
  refills: number;
  states: Uint32Array<ArrayBuffer>;
}

/** A lane's state is at least 2^16 if it is ever refilled. Its exponent takes 4 bits then, else 5. */
const stateForm = (refills: number) =>
  refills > 0 ? { exponentBits: 4, least: 16 } : { exponentBits: 5, least: 0 };

export function writeStream(writer: BitWriter, stream: StreamHeader): void {
  const { words, steps, refills, states } = stream;
  writer.writeNumber(words, ORDERS.words);
  writer.writeNumber(steps - refills, ORDERS.tail);
  const { exponentBits, least } = stateForm(refills);
  for (const state of states) {
    const exponent = 31 - Math.clz32(state);
    writer.write(exponent - least, exponentBits);
    writer.write(state, exponent);
  }
}

function readStream(reader: BitReader, steps: number): StreamHeader | undefined {
  const words = reader.readNumber(ORDERS.words);
  const refills = steps - reader.readNumber(ORDERS.tail);
  if (reader.failed || refills < 0) return undefined;
  const { exponentBits, least } = stateForm(refills);
  const states = new Uint32Array(LANES).map(() => {
    const exponent = reader.read(exponentBits) + least;
    return (reader.read(exponent) | (1 << exponent)) >>> 0;
  });
  return { words, steps, refills, states };
}

/** How many of ascending places are below a bound. */
function placesBelow(places: Uint32Array, bound: number): number {
  const at = places.findIndex((place) => place >= bound);
  return at < 0 ? places.length : at;
}
