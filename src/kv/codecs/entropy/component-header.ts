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
import { CLASSES, componentTables } from "../../../../shaders/transform/component-tables.ts";
import { assertComponentShape } from "../../../../shaders/transform/decode-components.ts";
import { BitReader, numberBits, type BitWriter } from "./bit-string.ts";

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

const FIRST_KIND = 8;
const ORDERS = { extent: 7, words: 10, tail: 4, escapes: 2 } as const;
const ESCAPE_ORDER_BITS = 5;
/** The shortest escape. */
const MIN_ESCAPE_BITS = 3;

/** Bits of a code, by kind: any 16-bit number has one. */
export const widthOf = (kind: number): number => (kind === CLASSES - 1 ? 16 : kind);

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const fromZigzag = (code: number): number => (code & 1 ? ~(code >>> 1) : code >>> 1);

/** What it costs a component to have a kind, after another of its side. */
export const kindBits = (kind: number, before: number = FIRST_KIND): number =>
  numberBits(zigzag(kind - before), 0);

/** @param kinds of each component, K's first */
export function writeKinds(writer: BitWriter, kinds: Uint8Array, shape: ComponentShape): void {
  for (const side of sidesOf(kinds, shape)) {
    const extent = side.findLastIndex((kind) => kind > 0) + 1;
    writer.writeNumber(extent, ORDERS.extent);
    let before = FIRST_KIND;
    for (const kind of side.subarray(0, extent)) {
      writer.writeNumber(zigzag(kind - before), 0);
      before = kind;
    }
  }
}

function sidesOf(
  kinds: Uint8Array,
  { sideComponents: [keys] }: ComponentShape,
): readonly [Uint8Array, Uint8Array] {
  return [kinds.subarray(0, keys), kinds.subarray(keys)];
}

/** @returns undefined if these are no kinds */
function readKinds(reader: BitReader, shape: ComponentShape): Uint8Array<ArrayBuffer> | undefined {
  const kinds = new Uint8Array(shape.sideComponents[0] + shape.sideComponents[1]);
  for (const side of sidesOf(kinds, shape)) {
    const extent = reader.readNumber(ORDERS.extent);
    if (extent > side.length) return undefined;
    let kind = FIRST_KIND;
    for (let i = 0; i < extent; i++) {
      kind += fromZigzag(reader.readNumber(0));
      if (reader.failed || kind < 0 || kind >= CLASSES) return undefined;
      side[i] = kind;
    }
    if (extent > 0 && kind === 0) return undefined;
  }
  return kinds;
}

/**
 * Check a block's header, all of it. What is accepted is safe to decode, though a damaged payload decodes
 * to other codes. Takes time and memory in proportion to `bytes` and the number of components.
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

/** Which components are live. Plain loops, as a header is read for every chunk of a restoration. */
export function liveOf(kinds: Uint8Array): Uint32Array<ArrayBuffer> {
  const live = new Uint32Array(kinds.length);
  let count = 0;
  for (let i = 0; i < kinds.length; i++) if ((kinds[i] ?? 0) > 0) live[count++] = i;
  return live.slice(0, count);
}

/** Of live components. */
export function kindsOf(kinds: Uint8Array, live: Uint32Array): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(live.length);
  for (let i = 0; i < live.length; i++) own[i] = kinds[live[i] ?? 0] ?? 0;
  return own;
}

/** Whether a payload of 16-bit words that ends there, and zeros to a whole word, is the block's end. */
function isFilled(bytes: Uint8Array, end: number): boolean {
  if (bytes.length !== Math.ceil(end / 2) * 4) return false;
  return bytes.subarray(end * 2).every((byte) => byte === 0);
}

/** In 16-bit words. @param start where the payload begins */
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

/** A stream before its place is known. `words` is their number. */
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

/** Of how far an escape of a class is beyond its table. */
export const excessOrder = (kind: number): number =>
  Math.max(0, 29 - Math.clz32(componentTables().maxSymbol[kind] ?? 0));

/** @param space how many codes there are */
function placeOrder(escapes: number, space: number): number {
  return Math.max(0, 31 - Math.clz32(space / escapes));
}

export function writeEscapes(
  writer: BitWriter,
  { places, values }: RansBlock["escapes"],
  tokens: number,
  classes: Uint8Array,
): void {
  const { maxSymbol } = componentTables();
  writer.writeNumber(places.length, ORDERS.escapes);
  if (places.length === 0) return;
  const order = placeOrder(places.length, classes.length * tokens);
  writer.write(order, ESCAPE_ORDER_BITS);
  let next = 0;
  for (const [i, place] of places.entries()) {
    const kind = classes[Math.floor(place / tokens)] ?? 0;
    const value = values[i] ?? 0;
    writer.writeNumber(place - next, order);
    writer.write(value < 0 ? 1 : 0, 1);
    writer.writeNumber(Math.abs(value) - (maxSymbol[kind] ?? 0) - 1, excessOrder(kind));
    next = place + 1;
  }
}

function readEscapes(
  reader: BitReader,
  tokens: number,
  classes: Uint8Array,
): RansBlock["escapes"] | undefined {
  const { maxSymbol } = componentTables();
  const count = reader.readNumber(ORDERS.escapes);
  if (count * MIN_ESCAPE_BITS > reader.left) return undefined;
  const escapes = { places: new Uint32Array(count), values: new Int16Array(count) };
  const order = count > 0 ? reader.read(ESCAPE_ORDER_BITS) : 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const place = next + reader.readNumber(order);
    if (place >= classes.length * tokens) return undefined;
    const kind = classes[Math.floor(place / tokens)] ?? 0;
    const negative = reader.read(1);
    const magnitude = (maxSymbol[kind] ?? 0) + 1 + reader.readNumber(excessOrder(kind));
    if (reader.failed || magnitude > 32767 + negative) return undefined;
    escapes.places[i] = place;
    escapes.values[i] = negative ? -magnitude : magnitude;
    next = place + 1;
  }
  return escapes;
}

/** How many of ascending places are below a bound. */
function placesBelow(places: Uint32Array, bound: number): number {
  const at = places.findIndex((place) => place >= bound);
  return at < 0 ? places.length : at;
}
