import fc from "fast-check";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeFloats, encodeFloats, f32ToF16 } from "./number-formats.ts";
import { decodeQ4, encodeQ4 } from "./q4-matrix.ts";

const PIP = new URL("../../public/models/pip-4.7m/", import.meta.url);

test("q4 bytes are frozen", () => {
  const values = Float32Array.from({ length: 40 }, (_, k) => (k < 32 ? k - 15 : (k - 36) / 8));
  const matrix = encodeQ4(values, { rows: 1, columns: 40 }, "f16");
  expect([...matrix.words].map((word) => word.toString(16))).toEqual([
    "33322110",
    "77665544",
    "baa99887",
    "eeddccbb",
    "cb975320",
    "77777777",
    "77777777",
    "77777777",
  ]);
  expect([...matrix.scales].map((scale) => f32ToF16(scale))).toEqual([0x4092, 0x2c92]);
});

test("q4 is within half a scale of the value, and stable when applied again", () => {
  const row = fc.float32Array({ minLength: 1, maxLength: 70, noNaN: true, min: -4, max: 4 });
  fc.assert(
    fc.property(row, fc.constantFrom("f16" as const, "bf16" as const), (values, scaleDtype) => {
      const shape = { rows: 1, columns: values.length };
      const once = encodeQ4(values, shape, scaleDtype);
      const decoded = decodeQ4(once);
      // Half a step, and where a group's peak is clipped, 7 steps × the rounding error of the scale: 2^-9 of it for
      // bf16, or the spacing of subnormal f16. The scale of the second time is not larger.
      const bound = (k: number) =>
        (once.scales[k >>> 5] ?? NaN) * (0.5 + 7 * 2 ** -9) + 7 * 2 ** -25;
      values.forEach((value, k) => {
        expect(Math.abs((decoded[k] ?? NaN) - value)).toBeLessThanOrEqual(bound(k));
      });
      const again = decodeQ4(encodeQ4(decoded, shape, scaleDtype));
      again.forEach((value, k) => {
        expect(Math.abs(value - (decoded[k] ?? NaN))).toBeLessThanOrEqual(bound(k));
      });
    }),
    // In this example both scales are subnormal f16, and the second is half of the first.
    { examples: [[Float32Array.of(6.258487701416016e-7, 0), "f16"]] },
  );
});

interface IndexRecord {
  name: string;
  shape: number[];
  byteOffset: number;
  nbytes: number;
}

function pipTensors(format: string): Map<string, { shape: number[]; bytes: Uint8Array }> {
  const directory = new URL(`${format}/`, PIP);
  const text = readFileSync(new URL("tensor-cache.json", directory), "utf8");
  const { records } = JSON.parse(text) as { records: { records: IndexRecord[] }[] };
  const shard = readFileSync(new URL("params_shard_0.bin", directory));
  return new Map(
    (records[0]?.records ?? []).map(({ name, shape, byteOffset, nbytes }) => [
      name,
      { shape, bytes: shard.subarray(byteOffset, byteOffset + nbytes) },
    ]),
  );
}

/** A few codes differ, as the embedded q4 form was made from weights that were not yet rounded to f16. */
test("the encoder makes the embedded model's q4 form out of its f16 form", () => {
  const quantized = pipTensors("mlc-q4f16_1");
  for (const [name, { shape, bytes }] of pipTensors("mlc-q0f16")) {
    const [rows, columns] = shape;
    if (rows === undefined || columns === undefined) continue;
    const ours = encodeQ4(decodeFloats(bytes, "f16"), { rows, columns }, "f16");
    const words = quantized.get(name.replace(/weight$/, "q_weight"))?.bytes ?? new Uint8Array();
    const scales = quantized.get(name.replace(/weight$/, "q_scale"))?.bytes ?? new Uint8Array();
    expect(Buffer.compare(encodeFloats(ours.scales, "f16"), scales)).toBe(0);
    const theirs = new Uint32Array(new Uint8Array(words).buffer);
    expect(theirs.length).toBe(ours.words.length);
    const differing = ours.words.filter((word, i) => word !== theirs[i]).length;
    expect(differing / theirs.length).toBeLessThan(0.01);
  }
});
