import fc from "fast-check";
import { expect, test } from "vitest";
import {
  bf16ToF32,
  decodeFloats,
  encodeFloats,
  f16Codes,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
} from "./number-formats.ts";

/** Values of IEEE 754 binary16, worked out by hand. */
const F16_VECTORS: [code: number, value: number][] = [
  [0x0000, 0],
  [0x0001, 2 ** -24],
  [0x03ff, 1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3555, 0.333251953125],
  [0x3c00, 1],
  [0x3c01, 1 + 2 ** -10],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
];

test("f16 codes mean what the standard says", () => {
  for (const [code, value] of F16_VECTORS) {
    expect(f16ToF32(code)).toBe(value);
    expect(f32ToF16(value)).toBe(code);
  }
  expect(Object.is(f16ToF32(0x8000), -0)).toBe(true);
  expect(f32ToF16(-0)).toBe(0x8000);
  expect(f16ToF32(0x7e00)).toBeNaN();
  expect(f32ToF16(NaN)).toBe(0x7e00);
});

test("f16 rounds to nearest, ties to even", () => {
  expect(f32ToF16(1 + 2 ** -11)).toBe(0x3c00);
  expect(f32ToF16(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(f32ToF16(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
  expect(f32ToF16(65519.99)).toBe(0x7bff);
  expect(f32ToF16(65520)).toBe(0x7c00);
  expect(f32ToF16(2 ** -25)).toBe(0);
  expect(f32ToF16(2 ** -25 * 1.001)).toBe(1);
  expect(f32ToF16(3 * 2 ** -25)).toBe(2);
  expect(f32ToF16(1023.5 * 2 ** -24)).toBe(0x0400);
  expect(f32ToF16(1e-40)).toBe(0);
});

test("all 65,536 f16 codes come back", () => {
  const lost: number[] = [];
  for (let code = 0; code < 65_536; code++) {
    const isNaN = (code & 0x7c00) === 0x7c00 && (code & 0x03ff) !== 0;
    const back = f32ToF16(f16ToF32(code));
    if (isNaN ? (back & 0x7fff) !== 0x7e00 : back !== code) lost.push(code);
  }
  expect(lost).toEqual([]);
});

test("many numbers become the same f16 codes as each by itself", () => {
  const edges = [0, -0, 65504, 65519.99, 65520, 1e30, -1e30, 2 ** -14, 2 ** -25, 1e-40, -Infinity];
  const ties = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 2048 - 2 ** -11, 1023.5 * 2 ** -24, NaN];
  fc.assert(
    fc.property(fc.array(fc.float()), (drawn) => {
      const values = Float32Array.from([...edges, ...ties, ...drawn]);
      expect([...f16Codes(values)]).toEqual([...values].map((value) => f32ToF16(value)));
    }),
  );
});

test("all 65,536 bf16 codes come back", () => {
  const lost: number[] = [];
  for (let code = 0; code < 65_536; code++) {
    const isNaN = (code & 0x7f80) === 0x7f80 && (code & 0x007f) !== 0;
    const back = f32ToBf16(bf16ToF32(code));
    if (isNaN ? (back & 0x7fff) !== 0x7fc0 : back !== code) lost.push(code);
  }
  expect(lost).toEqual([]);
});

test("bf16 rounds to nearest, ties to even", () => {
  expect(f32ToBf16(1)).toBe(0x3f80);
  expect(f32ToBf16(-2)).toBe(0xc000);
  expect(f32ToBf16(1 + 2 ** -8)).toBe(0x3f80);
  expect(f32ToBf16(1 + 3 * 2 ** -8)).toBe(0x3f82);
  expect(f32ToBf16(3.4028234e38)).toBe(0x7f80);
});

test("no f16 and no bf16 is nearer than the one chosen", () => {
  const finite = fc.float({ min: -65_000, max: 65_000, noNaN: true });
  fc.assert(
    fc.property(finite, (value) => {
      const f16 = f32ToF16(value);
      const bf16 = f32ToBf16(value);
      for (const step of [-1, 1]) {
        const f16Error = Math.abs(f16ToF32(f16 + step) - value);
        if (!Number.isNaN(f16Error))
          expect(Math.abs(f16ToF32(f16) - value)).toBeLessThanOrEqual(f16Error);
        const bf16Error = Math.abs(bf16ToF32(bf16 + step) - value);
        if (!Number.isNaN(bf16Error))
          expect(Math.abs(bf16ToF32(bf16) - value)).toBeLessThanOrEqual(bf16Error);
      }
    }),
  );
});

test("floats are read at any byte offset", () => {
  const values = Float32Array.of(1, -0.5, 3);
  for (const dtype of ["f16", "bf16", "f32"] as const) {
    const bytes = encodeFloats(values, dtype);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect([...decodeFloats(shifted.subarray(1), dtype)]).toEqual([...values]);
  }
});
