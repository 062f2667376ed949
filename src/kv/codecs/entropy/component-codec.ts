import {
  streamRanges,
  type ComponentShape,
  type ComponentVariant,
  type RansBlock,
} from "../../../../shaders/transform/component-block.ts";
import {
  CLASSES,
  componentTables,
  symbolAt,
} from "../../../../shaders/transform/component-tables.ts";
import {
  assertComponentShape,
  decodeComponentsReference,
} from "../../../../shaders/transform/decode-components.ts";
import { assert } from "../../../shared/assert.ts";
import { BitWriter } from "./bit-string.ts";
import { chooseClasses } from "./component-classes.ts";
import { kindsOf, liveOf, widthOf, writeKinds } from "./component-kinds.ts";
import { parseComponents, writeStream } from "./component-header.ts";
import { writeEscapes } from "./component-escapes.ts";
import { encodeStream } from "./component-streams.ts";

export interface ComponentCodes extends ComponentShape {
  /** [components, tokens] */
  codes: Int16Array;
}

/** Codes a block without loss, as whole 32-bit words. For the format see component-header.ts. */
export function encodeComponents(
  variant: ComponentVariant,
  block: ComponentCodes,
): Uint8Array<ArrayBuffer> {
  const { codes, tokens, sideComponents } = block;
  const components = sideComponents[0] + sideComponents[1];
  assertComponentShape(tokens, components);
  assert(codes.length === components * tokens, `${codes.length} codes are not of this shape`);
  return variant === "rans" ? encodeRans(block) : encodeFixed(block);
}

/** Decodes a block in plain loops. @returns [components, tokens]; undefined if it is not a block */
export function decodeComponents(
  variant: ComponentVariant,
  bytes: Uint8Array,
  shape: ComponentShape,
): Int16Array<ArrayBuffer> | undefined {
  const block = parseComponents(variant, bytes, shape);
  if (!block) return undefined;
  const { tokens, sideComponents } = shape;
  const live = decodeComponentsReference(new Uint32Array(new Uint8Array(bytes).buffer), block);
  const codes = new Int16Array((sideComponents[0] + sideComponents[1]) * tokens);
  for (const [i, component] of block.live.entries())
    codes.set(live.subarray(i * tokens, (i + 1) * tokens), component * tokens);
  return codes;
}

function encodeRans(block: ComponentCodes): Uint8Array<ArrayBuffer> {
  const { codes, tokens } = block;
  const kinds = chooseClasses(codes, block);
  const live = liveOf(kinds);
  const classes = kindsOf(kinds, live);
  const { symbols, escapes } = symbolsOf(block, live, classes);
  const streams = streamRanges(live.length).map(({ start, end }) =>
    encodeStream(symbols.subarray(start * tokens, end * tokens)),
  );
  const writer = new BitWriter();
  writeKinds(writer, kinds, block);
  for (const { header } of streams) writeStream(writer, header);
  writeEscapes(writer, escapes, tokens, classes);
  const payload = new Uint16Array(streams.reduce((sum, { words }) => sum + words.length, 0));
  let at = 0;
  for (const { words } of streams) {
    payload.set(words, at);
    at += words.length;
  }
  return joined(writer, payload);
}

/** The symbol that stands for each code of a live component, and the codes that no symbol stands for. */
function symbolsOf(
  { codes, tokens }: ComponentCodes,
  live: Uint32Array,
  classes: Uint8Array,
): { symbols: Uint16Array; escapes: RansBlock["escapes"] } {
  const { maxSymbol } = componentTables();
  const symbols = new Uint16Array(live.length * tokens);
  const places: number[] = [];
  const values: number[] = [];
  for (const [i, component] of live.entries()) {
    const kind = classes[i] ?? 0;
    const max = maxSymbol[kind] ?? 0;
    const zero = symbolAt(kind, 0);
    for (let token = 0; token < tokens; token++) {
      const code = codes[component * tokens + token] ?? 0;
      const symbol = code > max ? max : code < -max ? -max : code;
      symbols[i * tokens + token] = zero + symbol;
      if (symbol === code) continue;
      places.push(i * tokens + token);
      values.push(code);
    }
  }
  return {
    symbols,
    escapes: { places: Uint32Array.from(places), values: Int16Array.from(values) },
  };
}

function encodeFixed(block: ComponentCodes): Uint8Array<ArrayBuffer> {
  const { codes, tokens, sideComponents } = block;
  const kinds = new Uint8Array(sideComponents[0] + sideComponents[1]).map((_, i) =>
    kindOf(codes.subarray(i * tokens, (i + 1) * tokens)),
  );
  const words = kinds.reduce((sum, kind) => sum + (widthOf(kind) * tokens) / 32, 0);
  const payload = new Uint32Array(words);
  let at = 0;
  for (const component of liveOf(kinds)) {
    const width = widthOf(kinds[component] ?? 0);
    const end = at + (width * tokens) / 32;
    pack(codes.subarray(component * tokens, (component + 1) * tokens), width, payload.subarray(at));
    at = end;
  }
  const writer = new BitWriter();
  writeKinds(writer, kinds, block);
  return joined(writer, payload);
}

/** The narrowest width in which every code fits. */
function kindOf(codes: Int16Array): number {
  // The bits that differ from the sign.
  let used = 0;
  let some = 0;
  for (const code of codes) {
    used |= code ^ (code >> 15);
    some |= code;
  }
  if (some === 0) return 0;
  return Math.min(33 - Math.clz32(used), CLASSES - 1);
}

/** Codes in two's complement, from the lowest bit of a word on. */
function pack(codes: Int16Array, width: number, words: Uint32Array): void {
  const mask = 2 ** width - 1;
  let bits = 0;
  let filled = 0;
  let at = 0;
  for (const code of codes) {
    const field = code & mask;
    bits |= field << filled;
    filled += width;
    if (filled < 32) continue;
    words[at++] = bits;
    filled -= 32;
    bits = filled > 0 ? field >>> (width - filled) : 0;
  }
}

/** The block that a header and its payload make, as whole words. */
function joined(header: BitWriter, payload: Uint16Array | Uint32Array): Uint8Array<ArrayBuffer> {
  const head = header.toBytes();
  const bytes = new Uint8Array(head.length + Math.ceil(payload.byteLength / 4) * 4);
  bytes.set(head);
  bytes.set(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), head.length);
  return bytes;
}
