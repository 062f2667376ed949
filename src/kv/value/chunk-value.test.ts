import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeChunkValue,
  encodeChunkValue,
  encodeExactValue,
  exactValueBytes,
  type ChunkValue,
} from "./chunk-value.ts";

const SHAPE = {
  tokens: 3,
  layers: { start: 4, end: 6 },
  kvHeads: 1,
  headDim: 2,
  modelLayers: 8,
};
const ROW_BYTES = 8;
const NONE = 0xffffffff;

const bytes = (length: number, first = 0) => Uint8Array.from({ length }, (_, i) => first + i);
const exactRows = bytes(2 * 3 * ROW_BYTES);

/** Layer 4 keeps the rows of layer 7, of another group; layer 5 has its own. */
const SHARED: ChunkValue = {
  sinkTokens: 1,
  layers: [
    {
      layer: 4,
      codec: "int4-hadamard-k-channel-v-token",
      partner: 7,
      sinks: bytes(2 * ROW_BYTES),
      coded: bytes(12, 100),
    },
    {
      layer: 5,
      codec: "int8-k-channel-v-token",
      sinks: bytes(ROW_BYTES, 50),
      coded: bytes(20, 200),
    },
  ],
};

/** Layer 5 is kept by layer 2. */
const KEPT: ChunkValue = {
  sinkTokens: 1,
  layers: [
    { layer: 4, codec: "f16", sinks: bytes(0), coded: bytes(24) },
    { layer: 5, codec: "f16", partner: 2, sinks: bytes(0), coded: bytes(0) },
  ],
};

test.each([
  ["a pair's keeper and a layer of its own", SHARED],
  ["a layer whose rows are elsewhere", KEPT],
])("what was encoded comes back: %s", (_, value) => {
  expect(decodeChunkValue(SHAPE, encodeChunkValue(SHAPE, value))).toEqual(value);
});

test("rows as they are come back, layer by layer", () => {
  const value = encodeExactValue(SHAPE, exactRows);
  expect(value.length).toBe(exactValueBytes(SHAPE));
  const { sinkTokens, layers } = decodeChunkValue(SHAPE, value) ?? { layers: [] };
  expect(sinkTokens).toBe(0);
  expect(layers.map(({ layer, codec }) => [layer, codec])).toEqual([
    [4, "f16"],
    [5, "f16"],
  ]);
  expect(layers.map(({ coded }) => coded)).toEqual([exactRows.slice(0, 24), exactRows.slice(24)]);
});

// The stored format. If this fails, values saved by released versions no longer decode: raise the
// version, do not edit the expectation.
test("golden bytes of the header", () => {
  const words = (value: Uint8Array<ArrayBuffer>, length: number) => [
    ...new Uint32Array(value.slice(0, length).buffer),
  ];
  const layers = (own: number[]) => [0x564b4b52, 2, 3, ...own];
  expect(words(encodeExactValue(SHAPE, exactRows), 64)).toEqual(
    layers([0, 4, 2, 1, 2, 1, NONE, 64, 24, 1, NONE, 88, 24]),
  );
  expect(words(encodeChunkValue(SHAPE, SHARED), 64)).toEqual(
    layers([1, 4, 2, 1, 2, 6, 7, 64, 12, 2, NONE, 92, 20]),
  );
});

test("a value of another shape, whichever way it differs, is refused", () => {
  const value = encodeExactValue(SHAPE, exactRows);
  for (const other of [
    { ...SHAPE, layers: { start: 3, end: 5 } },
    { ...SHAPE, kvHeads: 2, headDim: 1 },
    { ...SHAPE, tokens: 6, layers: { start: 4, end: 5 } },
  ])
    expect(decodeChunkValue(other, value)).toBeUndefined();
  const shared = encodeChunkValue(SHAPE, SHARED);
  expect(decodeChunkValue({ ...SHAPE, modelLayers: 7 }, shared), "no such partner").toBeUndefined();
});

test("any change of the header comes to light: it is refused or says something else", () => {
  for (const whole of [encodeExactValue(SHAPE, exactRows), encodeChunkValue(SHAPE, SHARED)]) {
    const before = decodeChunkValue(SHAPE, whole);
    fc.assert(
      fc.property(fc.nat(63), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = whole.slice();
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        expect(decodeChunkValue(SHAPE, damaged)).not.toEqual(before);
      }),
    );
  }
});

test("any length but the right one is refused, and any bytes are read within bounds", () => {
  const value = encodeChunkValue(SHAPE, SHARED);
  fc.assert(
    fc.property(fc.nat(value.length * 2), (length) => {
      fc.pre(length !== value.length);
      const cut = new Uint8Array(length);
      cut.set(value.subarray(0, length));
      expect(decodeChunkValue(SHAPE, cut)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.nat(2 ** 32 - 1), { maxLength: 8 }), (words) => {
      const damaged = value.slice();
      new Uint32Array(damaged.buffer).set(words, 8);
      const found = decodeChunkValue(SHAPE, damaged);
      const read = found?.layers.reduce((sum, one) => sum + one.sinks.length + one.coded.length, 0);
      expect(read ?? value.length - 64).toBe(value.length - 64);
    }),
  );
});
