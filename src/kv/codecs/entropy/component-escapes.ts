/** @file Codes that are beyond their class' table, and how a "rans" block's header writes them. */

import type { RansBlock } from "../../../../shaders/transform/component-block.ts";
import { componentTables } from "../../../../shaders/transform/component-tables.ts";
import type { BitReader, BitWriter } from "./bit-string.ts";

/** Order of the number of escapes, as `BitWriter` writes numbers. */
const COUNT_ORDER = 2;
const ESCAPE_ORDER_BITS = 5;
/** Bits of the shortest escape. */
const MIN_ESCAPE_BITS = 3;

/** The order in which it is written how far an escape of a class is beyond its table. */
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
  writer.writeNumber(places.length, COUNT_ORDER);
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

export function readEscapes(
  reader: BitReader,
  tokens: number,
  classes: Uint8Array,
): RansBlock["escapes"] | undefined {
  const { maxSymbol } = componentTables();
  const count = reader.readNumber(COUNT_ORDER);
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
