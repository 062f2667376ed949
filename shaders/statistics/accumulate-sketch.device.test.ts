import { describe } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest } from "../../src/device/testing.ts";
import {
  accumulateSketchGrid,
  accumulateSketchReference,
  accumulateSketchSource,
  sizeParams,
} from "./accumulate-sketch.ts";

const CASES = [
  { product: "project", size: { rows: 128, columns: 68, depth: 132 } },
  { product: "project", size: { rows: 68, columns: 132, depth: 516 } },
  { product: "project", size: { rows: 4, columns: 4, depth: 4 } },
  { product: "add", size: { rows: 132, columns: 68, depth: 128 } },
  { product: "add", size: { rows: 8, columns: 100, depth: 20 } },
  { product: "add", size: { rows: 68, columns: 260, depth: 260 } },
  { product: "add-square", size: { rows: 140, columns: 140, depth: 128 } },
] as const;

const ALL_CASES = (["tiled", "direct"] as const).flatMap((variant) =>
  CASES.map((one) => {
    return { ...one, variant };
  }),
);

describe("accumulate sketch", () => {
  for (const { product, size, variant } of ALL_CASES)
    deviceTest(
      `${variant}: ${product} ${JSON.stringify(size)}: the reference's product`,
      async ({ hardware }) => {
        const { rows, columns, depth } = size;
        const a = hardware.randomFloat32(rows * depth);
        const b = product === "add-square" ? a : hardware.randomFloat32(depth * columns);
        const before = hardware.randomFloat32(rows * columns);
        const [bufferA, out] = [hardware.upload(a), hardware.upload(before)];
        await hardware.run(
          accumulateSketchSource(product, variant),
          {
            a: bufferA,
            b: product === "add-square" ? bufferA : hardware.upload(b),
            out,
            size: hardware.uniformOf(sizeParams(size)),
          },
          accumulateSketchGrid(size, variant),
        );
        const sums = accumulateSketchReference(product, { a, b }, size);
        const expected = before.map(
          (value, i) => (product === "project" ? 0 : value) + (sums[i] ?? NaN),
        );
        const actual = await hardware.readFloat32(out);
        // The kernel need not write what lies below the diagonal.
        if (product === "add-square")
          expected.forEach((_, i) => {
            if (i % columns < Math.floor(i / columns)) actual[i] = expected[i] ?? NaN;
          });
        expectClose(actual, expected, forSum(depth + 1, depth + 1));
      },
    );
});
