import fc from "fast-check";
import { expect, test } from "vitest";
import { BitReader, BitWriter, numberBits } from "./bit-string.ts";

const anyNumber = fc.record({
  value: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 2 ** 30 - 1 })),
  order: fc.integer({ min: 0, max: 20 }),
});

test("numbers come back, and are as long as said", () => {
  const property = fc.property(fc.array(anyNumber), (numbers) => {
    const writer = new BitWriter();
    for (const { value, order } of numbers) writer.writeNumber(value, order);
    const reader = new BitReader(writer.toBytes());
    for (const { value, order } of numbers) {
      const before = reader.left;
      expect(reader.readNumber(order)).toBe(value);
      expect(before - reader.left).toBe(numberBits(value, order));
    }
    reader.toWord();
    expect([reader.failed, reader.left]).toEqual([false, 0]);
  });
  fc.assert(property);
});

test("fields of any width come back", () => {
  const writer = new BitWriter();
  for (let bits = 0; bits <= 32; bits++) writer.write(0xdeadbeef, bits);
  const reader = new BitReader(writer.toBytes());
  for (let bits = 0; bits <= 32; bits++) expect(reader.read(bits)).toBe(0xdeadbeef % 2 ** bits);
});

test("small numbers are short", () => {
  expect([0, 1, 2, 3, 6, 7].map((value) => numberBits(value, 0))).toEqual([1, 3, 3, 5, 5, 7]);
  expect([0, 7, 8, 23, 24].map((value) => numberBits(value, 3))).toEqual([4, 4, 6, 6, 8]);
});

test("what ends too early has failed", () => {
  for (const bytes of [[], [0], [0, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 128]]) {
    const reader = new BitReader(Uint8Array.from(bytes));
    reader.readNumber(4);
    expect(reader.failed).toBe(true);
  }
});

test("what fills a word must be zeros", () => {
  const reader = new BitReader(Uint8Array.of(1, 0, 0, 128));
  reader.read(1);
  expect(reader.toWord()).toBe(1);
  expect(reader.failed).toBe(true);
});
