import fc from "fast-check";
import { expect, test } from "vitest";
import { chunkValueBytes, decodeChunkValue, encodeChunkValue } from "./chunk-value.ts";

const SHAPE = {
  codec: "f16" as const,
  tokens: 3,
  layers: { start: 4, end: 6 },
  kvHeads: 1,
  headDim: 2,
};
const HEADER_BYTES = 40;
const rows = Uint8Array.from({ length: 2 * 3 * 8 }, (_, i) => i);

test("what was encoded comes back, layer by layer", () => {
  const value = encodeChunkValue(SHAPE, rows);
  expect(value.length).toBe(chunkValueBytes(SHAPE));
  expect(decodeChunkValue(SHAPE, value)).toEqual([rows.slice(0, 24), rows.slice(24)]);
});

// The stored format. If this fails, values saved by released versions no longer decode: raise the
// version, do not edit the expectation.
test("golden bytes of the header", () => {
  const words = new Uint32Array(encodeChunkValue(SHAPE, rows).slice(0, HEADER_BYTES).buffer);
  expect([...words]).toEqual([0x564b4b52, 1, 1, 3, 4, 2, 1, 2, 40, 64]);
});

test("a value of another shape, whichever way it differs, is refused", () => {
  const value = encodeChunkValue(SHAPE, rows);
  for (const other of [
    { ...SHAPE, layers: { start: 3, end: 5 } },
    { ...SHAPE, kvHeads: 2, headDim: 1 },
    { ...SHAPE, tokens: 6, layers: { start: 4, end: 5 } },
  ])
    expect(decodeChunkValue(other, value)).toBeUndefined();
});

test("any change of the header, and any length but the right one, is refused", () => {
  const value = encodeChunkValue(SHAPE, rows);
  fc.assert(
    fc.property(fc.nat(HEADER_BYTES - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const damaged = value.slice();
      damaged[at] = (damaged[at] ?? 0) ^ flip;
      expect(decodeChunkValue(SHAPE, damaged)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.nat(value.length * 2), (length) => {
      fc.pre(length !== value.length);
      const cut = new Uint8Array(length);
      cut.set(value.subarray(0, length));
      expect(decodeChunkValue(SHAPE, cut)).toBeUndefined();
    }),
  );
});
