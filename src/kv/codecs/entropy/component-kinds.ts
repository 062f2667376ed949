/** @file A component's kind, and how a block's header writes the kinds of its components. */

import type { ComponentShape } from "../../../../shaders/transform/component-block.ts";
import { CLASSES } from "../../../../shaders/transform/component-tables.ts";
import { numberBits, type BitReader, type BitWriter } from "./bit-string.ts";

/** The kind from which the first component's is counted. */
const FIRST_KIND = 8;
/** Order of the number of components up to the last live one, as `BitWriter` writes numbers. */
const EXTENT_ORDER = 7;

/** Bits of a code of a kind. The widest kind has room for any 16-bit number. */
export const widthOf = (kind: number): number => (kind === CLASSES - 1 ? 16 : kind);

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);
const fromZigzag = (code: number): number => (code & 1 ? ~(code >>> 1) : code >>> 1);

/** Bits that it takes to write a component's kind, after the kind of the one before it on its side. */
export const kindBits = (kind: number, before: number = FIRST_KIND): number =>
  numberBits(zigzag(kind - before), 0);

/** @param kinds of each component, K's first */
export function writeKinds(writer: BitWriter, kinds: Uint8Array, shape: ComponentShape): void {
  for (const side of sidesOf(kinds, shape)) {
    const extent = side.findLastIndex((kind) => kind > 0) + 1;
    writer.writeNumber(extent, EXTENT_ORDER);
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
export function readKinds(
  reader: BitReader,
  shape: ComponentShape,
): Uint8Array<ArrayBuffer> | undefined {
  const kinds = new Uint8Array(shape.sideComponents[0] + shape.sideComponents[1]);
  for (const side of sidesOf(kinds, shape)) {
    const extent = reader.readNumber(EXTENT_ORDER);
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

/** The components that are live. Plain loops, because a header is read for every chunk of a restoration. */
export function liveOf(kinds: Uint8Array): Uint32Array<ArrayBuffer> {
  const live = new Uint32Array(kinds.length);
  let count = 0;
  for (let i = 0; i < kinds.length; i++) if ((kinds[i] ?? 0) > 0) live[count++] = i;
  return live.slice(0, count);
}

/** The kinds of the live components. */
export function kindsOf(kinds: Uint8Array, live: Uint32Array): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(live.length);
  for (let i = 0; i < live.length; i++) own[i] = kinds[live[i] ?? 0] ?? 0;
  return own;
}
