import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ComponentShape } from "../../../../shaders/transform/component-block.ts";
import {
  CLASSES,
  componentTables,
  symbolAt,
} from "../../../../shaders/transform/component-tables.ts";
import { decodeComponents, encodeComponents, type ComponentCodes } from "./component-codec.ts";
import { parseComponents } from "./component-header.ts";
import { laplaceBlock, uniforms, withBitFlipped } from "./component-testing.ts";

const SHAPE: ComponentShape = { tokens: 64, sideComponents: [5, 4] };
const COMPONENTS = 9;

const isSame = (a: Int16Array | undefined, b: Int16Array): boolean =>
  a?.length === b.length && b.every((code, i) => code === a[i]);

const blockOf = (codes: Int16Array, shape = SHAPE): ComponentCodes => ({ ...shape, codes });
const zeros = () => new Int16Array(COMPONENTS * SHAPE.tokens);
/** Two codes of an otherwise empty component. */
function single(component: number, value: number): Int16Array {
  const codes = zeros();
  codes[component * SHAPE.tokens + 7] = value;
  codes[component * SHAPE.tokens + 40] = -1;
  return codes;
}

/** Components as different as can be: a size each, from nothing to all of 16 bits. */
const anyCodes = fc
  .array(
    fc.integer({ min: 0, max: 16 }).chain((bits) =>
      fc.array(fc.integer({ min: -((2 ** bits) >> 1), max: Math.max(2 ** bits / 2 - 1, 0) }), {
        minLength: SHAPE.tokens,
        maxLength: SHAPE.tokens,
      }),
    ),
    { minLength: COMPONENTS, maxLength: COMPONENTS },
  )
  .map((components) => Int16Array.from(components.flat()));

/** Some blocks, small and well filled. */
const SAMPLES = [
  laplaceBlock({ ...SHAPE, scale: 3, decay: 3 }).block,
  laplaceBlock({ ...SHAPE, scale: 900, decay: 1 }).block,
  blockOf(single(8, 32767)),
  blockOf(zeros()),
];

describe.each(["rans", "fixed"] as const)("%s", (variant) => {
  const roundTrip = (block: ComponentCodes) =>
    decodeComponents(variant, encodeComponents(variant, block), block);

  test("any codes come back", () => {
    fc.assert(
      fc.property(anyCodes, (codes) => {
        expect(isSame(roundTrip(blockOf(codes)), codes)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ["zeros", zeros()],
    ["one code in the first component", single(0, 1)],
    ["the largest code in the last component", single(8, 32767)],
    ["the lowest in the middle", single(4, -32768)],
    ["the largest everywhere", zeros().fill(32767)],
    ["the lowest everywhere", zeros().fill(-32768)],
    ["both ends in turn", zeros().map((_, i) => (i % 2 ? 32767 : -32768))],
    ["a constant of -1", zeros().fill(-1)],
    ["a constant of 1", zeros().fill(1)],
    ["the lowest symbol of the widest table", zeros().fill(-127)],
    ["just beyond the widest table", zeros().fill(128)],
  ])("extremes come back: %s", (_, codes) => {
    expect(isSame(roundTrip(blockOf(codes)), codes)).toBe(true);
  });

  test.each<ComponentShape>([
    { tokens: 32, sideComponents: [1, 0] },
    { tokens: 32, sideComponents: [0, 1] },
    { tokens: 32, sideComponents: [0, 0] },
    { tokens: 128, sideComponents: [700, 800] },
    { tokens: 1024, sideComponents: [64, 64] },
  ])("any shape comes back: %j", (shape) => {
    const { block } = laplaceBlock({ ...shape, scale: 15, decay: 80 });
    expect(isSame(roundTrip(block), block.codes)).toBe(true);
  });

  test("bytes anywhere in a buffer decode", () => {
    const [block = blockOf(zeros())] = SAMPLES;
    const bytes = encodeComponents(variant, block);
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    expect(isSame(decodeComponents(variant, shifted, SHAPE), block.codes)).toBe(true);
  });

  test("components that are zeros cost nothing behind the last live one of a side", () => {
    const near = encodeComponents(variant, laplaceBlock({ ...SHAPE, scale: 2, decay: 1 }).block);
    const shape: ComponentShape = { tokens: 64, sideComponents: [500, 900] };
    const far = encodeComponents(variant, laplaceBlock({ ...shape, scale: 2, decay: 1 }).block);
    expect(far.length).toBe(near.length);
    expect(encodeComponents(variant, blockOf(zeros())).length).toBe(4);
  });

  test("a damaged block is refused, or decodes to as many codes", () => {
    const next = uniforms(3);
    for (const block of SAMPLES) {
      const bytes = encodeComponents(variant, block);
      for (let i = 0; i < 400; i++) {
        const bit = Math.floor(next.next().value * bytes.length * 8);
        const damaged = withBitFlipped(bytes, i < bytes.length * 8 ? i : bit);
        if (i % 3 === 0) damaged[bit >> 3] = Math.floor(next.next().value * 256);
        const decoded = decodeComponents(variant, damaged, SHAPE);
        expect(decoded?.length ?? COMPONENTS * SHAPE.tokens).toBe(COMPONENTS * SHAPE.tokens);
      }
    }
  });

  test("a block of another length is refused", () => {
    for (const block of SAMPLES) {
      const bytes = encodeComponents(variant, block);
      for (let length = 0; length < bytes.length; length++)
        expect(decodeComponents(variant, bytes.subarray(0, length), SHAPE)).toBeUndefined();
      for (const extra of [1, 2, 4, 8]) {
        const longer = new Uint8Array(bytes.length + extra);
        longer.set(bytes);
        expect(decodeComponents(variant, longer, SHAPE)).toBeUndefined();
      }
    }
  });

  test("any bytes are refused, or decode to as many codes", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const decoded = decodeComponents(variant, bytes, SHAPE);
      expect(decoded?.length ?? COMPONENTS * SHAPE.tokens).toBe(COMPONENTS * SHAPE.tokens);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("what is accepted stays within the block", () => {
    const next = uniforms(11);
    const wholes = SAMPLES.map((sample) => encodeComponents(variant, sample));
    for (let i = 0; i < 2000; i++) {
      const whole = wholes[i % wholes.length] ?? new Uint8Array();
      const damaged = withBitFlipped(whole, Math.floor(next.next().value * whole.length * 8));
      const block = parseComponents(variant, damaged, SHAPE);
      if (!block) continue;
      expect(block.live.every((component) => component < COMPONENTS)).toBe(true);
      if (block.variant === "fixed") continue;
      for (const { words, live, refills, states } of block.streams) {
        expect(words.end * 2).toBeLessThanOrEqual(damaged.length);
        expect(live.end).toBeLessThanOrEqual(block.live.length);
        expect(refills).toBeLessThanOrEqual((live.end - live.start) * 2);
        if (refills > 0) expect(Math.min(...states)).toBeGreaterThanOrEqual(2 ** 16);
      }
      const { places } = block.escapes;
      expect(places.length * 3).toBeLessThan(damaged.length * 8);
      expect(places.every((place) => place < block.live.length * SHAPE.tokens)).toBe(true);
    }
  });
});

describe("as short as the codes' distribution allows", () => {
  test.each([
    { scale: 12, decay: 80, within: 0.02 },
    { scale: 40, decay: 50, within: 0.02 },
    { scale: 12, decay: 30, within: 0.025 },
    { scale: 3, decay: 60, within: 0.03 },
    { scale: 1, decay: 60, within: 0.06 },
  ])("scales from $scale on: within $within", ({ scale, decay, within }) => {
    const shape = { sideComponents: [700, 800], tokens: 128 } as const;
    const { block, idealBits } = laplaceBlock({ ...shape, scale, decay });
    const bytes = encodeComponents("rans", block);
    const ideal = idealBits / 8;
    expect(bytes.length).toBeLessThan(ideal * (1 + within));
    // Of which the tables are 0.3 percent, and the rest is a stream's and a component's own.
    const live = parseComponents("rans", bytes, block)?.live.length ?? 0;
    const own = Math.ceil(live / 128) * 70 + live / 4;
    expect(bytes.length).toBeLessThan(ideal * 1.003 + own);
  });
});

test("sizes of a component's codes that have a width", () => {
  const bytes = (value: number) =>
    encodeComponents("fixed", blockOf(single(0, value))).length -
    encodeComponents("fixed", blockOf(zeros())).length;
  // 64 codes of 2, 7, 14, 16 and 16 bits, and half a word of header.
  expect([1, 63, 8191, 8192, 32767].map(bytes)).toEqual([16, 56, 112, 128, 128]);
});

describe("tables", () => {
  const { frequencies, starts, slots, maxSymbol } = componentTables();

  test("frequencies are symmetric, never 0, and add up to 4096", () => {
    for (let kind = 1; kind < CLASSES; kind++) {
      const max = maxSymbol[kind] ?? 0;
      const of = (symbol: number) => frequencies[symbolAt(kind, symbol)] ?? 0;
      const symbols = Array.from({ length: 2 * max + 1 }, (_, i) => i - max);
      expect(symbols.every((symbol) => of(symbol) > 0 && of(symbol) === of(-symbol))).toBe(true);
      expect(symbols.reduce((sum, symbol) => sum + of(symbol), 0)).toBe(4096);
    }
  });

  test("a slot says which symbol it is of", () => {
    const isOf = (kind: number, slot: number) => {
      const entry = slots[(kind - 1) * 4096 + slot] ?? 0;
      const at = symbolAt(kind, (entry | 0) >> 24);
      const isPlace = (starts[at] ?? 0) + ((entry >>> 12) & 4095) === slot;
      return isPlace && (entry & 4095) + 1 === frequencies[at];
    };
    for (let kind = 1; kind < CLASSES; kind++)
      expect(Array.from({ length: 4096 }, (_, slot) => isOf(kind, slot)).every(Boolean)).toBe(true);
  });
});

// The stored format. If one of these fails, what released versions saved no longer decodes: give the new
// encoding a new name, do not edit the expectation.
describe("frozen", () => {
  const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 16);

  test("the tables", () => {
    const { slots } = componentTables();
    expect(hash(new Uint8Array(slots.buffer))).toBe("6703b3eeca3cc195");
  });

  test("bytes of a block", () => {
    const shape = { tokens: 128, sideComponents: [150, 170] } as const;
    const next = uniforms(5);
    // Integers alone, so that it is the same block everywhere.
    const codes = Int16Array.from({ length: 320 * 128 }, (_, i) => {
      const size = 300 >> ((Math.floor(i / 128) % 150) >> 4);
      return Math.floor((next.next().value - 0.5) * size * next.next().value);
    });
    const bytes = (["rans", "fixed"] as const).map((variant) =>
      encodeComponents(variant, { ...shape, codes }),
    );
    expect(bytes.map(({ length }) => length)).toEqual([21324, 23892]);
    expect(bytes.map(hash)).toEqual(["2b61cfb15cf8f0ef", "056491ab289d819a"]);
  });

  test("bytes of 32 tokens of two components", () => {
    const codes = new Int16Array(3 * 32);
    codes.set([1, -1, 0, 2, 0, 0, -3, 1000], 0);
    codes.set([0, 0, 1], 2 * 32);
    const block: ComponentCodes = { tokens: 32, sideComponents: [2, 1], codes };
    const hex = (["rans", "fixed"] as const).map((variant) =>
      Buffer.from(encodeComponents(variant, block)).toString("hex"),
    );
    expect(hex).toEqual([
      "03a8016400ca82ba3119b440fd470487e0640080f2ff410487e0101c824370080ec121380487e0101c824370080ec121380487e0101c824370080ec121b8990700c90300",
      "037c000901f83f0004000000f41f7d0000000000000000000000000000000000000000000000000000000000000000001000000000000000",
    ]);
  });
});
