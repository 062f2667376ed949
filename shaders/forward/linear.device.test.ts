import { describe, expect } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import {
  linearParams,
  linearReference,
  MATMUL_BROADCAST,
  MATMUL_TILED,
  MATVEC_BROADCAST,
  matvecShared,
  type LinearOutput,
  type LinearShape,
} from "./linear.ts";
import { rmsNormReference } from "./rms-norm.ts";
import { columnsOf, laneSharings, magnitudeOf, packWeights, WEIGHT_FORMATS } from "../testing.ts";
import { dequantizeReference, isAffineFormat, type WeightFormat } from "./weight-format.ts";

const OUTPUTS: readonly LinearOutput[] = ["store", "add", "swiglu"];
const EPSILON = 1e-5;

/**
 * The range of activations that an f16 does not have: some models have single values of the residual stream and of the
 * MLP beyond 1e5 (massive activations, arXiv:2402.17762).
 */
const LARGE = 2e5;

/**
 * One format of each kind. `matmul-tiled` and `matvec`, which take long to compile, read weights by nothing but `weights8`,
 * whose bits are tested in every format with `embed`. The processor has code of its own for each format, and runs it for
 * the broadcasting kernels too.
 */
const KINDS: readonly WeightFormat[] = ["f16", "q4-f16", "affine4-f16", "affine8-k"];

/**
 * What is done with a product does not depend on how its weights are read, so all outputs are tested with one format of
 * each kind: with a scale for each group of columns, and without.
 */
const outputsOf = (format: WeightFormat): readonly LinearOutput[] =>
  format === "f16" || format === "q4-f16" ? OUTPUTS : ["store"];

/** Random operands of one layer, both on the device and as numbers for the reference. */
function operands(
  hardware: DeviceHarness,
  format: WeightFormat,
  options: LinearShape & { tokens: number; output: LinearOutput; scale?: number },
) {
  const { rows, columns, tokens, output, scale = 1 } = options;
  const bytes = packWeights(format, hardware.randomFloat32(rows * columns), { rows, columns });
  const weights = dequantizeReference(format, bytes, { rows, columns });
  const x = hardware.randomFloat32(tokens * columns).map((value) => value * scale);
  const y = hardware.randomFloat32(tokens * (output === "swiglu" ? rows / 2 : rows));
  const buffers = {
    weights: hardware.upload(bytes),
    x: hardware.upload(x),
    y: hardware.upload(y),
    params: hardware.uniformOf(linearParams({ rows, columns }, { epsilon: EPSILON, output })),
    step: hardware.uniform(0, tokens),
  };
  return { weights, x, y, buffers };
}

/** Error of a sum. Swiglu multiplies two such sums of at most `magnitude`, so its error grows with that. */
function tolerance(magnitude: number, columns: number, output: LinearOutput) {
  return forSum(columns, output === "swiglu" ? magnitude * Math.max(1, magnitude) : magnitude);
}

/** The kernels for one token that are tested with a format. */
const matvecs = (hardware: DeviceHarness, format: WeightFormat) => [
  ...(KINDS.includes(format) ? laneSharings(hardware).map(matvecShared) : []),
  MATVEC_BROADCAST,
];

const VARIANTS = [
  { name: "matmul-tiled", variant: MATMUL_TILED, formats: KINDS },
  { name: "matmul-broadcast", variant: MATMUL_BROADCAST, formats: WEIGHT_FORMATS },
];

describe.each(VARIANTS)("$name", ({ variant, formats }) => {
  for (const { tokens, rows, columns } of [
    { tokens: 1, rows: 4, columns: 32 }, // one quad: a workgroup almost empty
    { tokens: 65, rows: 68, columns: 64 }, // one more than a tile, both ways
    { tokens: 17, rows: 132, columns: 96 }, // one more than the broadcast's tokens
    { tokens: 515, rows: 12, columns: 8 }, // more tokens than the processor keeps sums of
    { tokens: 5, rows: 12, columns: 1032 }, // more columns than it multiplies at a time, twice
  ])
    for (const output of OUTPUTS)
      deviceTest(
        `${output}: agrees with the reference at [${tokens}, ${rows}, ${columns}]`,
        async ({ hardware }) => {
          const shape = { rows, columns };
          const { weights, x, y, buffers } = operands(hardware, "f16", {
            ...shape,
            tokens,
            output,
          });
          await hardware.run(variant.source("f16", output), buffers, variant.grid(shape, tokens));
          expectClose(
            await hardware.readFloat32(buffers.y),
            linearReference(weights, x, y, { ...shape, output }),
            tolerance(magnitudeOf(weights, x, columns), columns, output),
          );
        },
      );

  for (const format of formats)
    deviceTest(`reads ${format}`, async ({ hardware }) => {
      const shape = { rows: 20, columns: columnsOf(format, 160) };
      const tokens = 3;
      const { weights, x, y, buffers } = operands(hardware, format, {
        ...shape,
        tokens,
        output: "store",
      });
      await hardware.run(variant.source(format, "store"), buffers, variant.grid(shape, tokens));
      expectClose(
        await hardware.readFloat32(buffers.y),
        linearReference(weights, x, y, { ...shape, output: "store" }),
        forSum(shape.columns, magnitudeOf(weights, x, shape.columns)),
      );
    });

  for (const output of OUTPUTS)
    deviceTest(`${output}: values beyond f16`, async ({ hardware }) => {
      const shape = { rows: 8, columns: 32 };
      const given = { ...shape, tokens: 2, output, scale: LARGE };
      const { weights, x, y, buffers } = operands(hardware, "f16", given);
      await hardware.run(variant.source("f16", output), buffers, variant.grid(shape, 2));
      expectClose(
        await hardware.readFloat32(buffers.y),
        linearReference(weights, x, y, { ...shape, output }),
        tolerance(magnitudeOf(weights, x, 32), 32, output),
      );
    });

  // A step of one token, of a whole tile and of a part of one; swiglu has no whole number of panels of rows.
  for (const format of ["f16", "affine4-f16"] as const)
    for (const output of ["store", "swiglu"] as const)
      deviceTest(
        `${format} ${output}: a token's bits do not depend on the step that it is in`,
        async ({ hardware }) => {
          const shape = { rows: 20, columns: 96 };
          const tokens = 67;
          const given = operands(hardware, format, { ...shape, tokens, output });
          const width = given.y.length / tokens;
          const rowsOf = async (start: number, end: number) => {
            const buffers = {
              ...given.buffers,
              x: hardware.upload(given.x.slice(start * shape.columns, end * shape.columns)),
              y: hardware.empty((end - start) * width * 4),
              step: hardware.uniform(0, end - start),
            };
            const grid = variant.grid(shape, end - start);
            await hardware.run(variant.source(format, output), buffers, grid);
            return hardware.readFloat32(buffers.y);
          };
          const whole = await rowsOf(0, tokens);
          for (const [start, end] of [
            [0, 1],
            [3, 4],
            [66, 67],
            [1, 7],
            [2, 66],
          ] as const)
            expectClose(await rowsOf(start, end), whole.subarray(start * width, end * width), {
              exact: true,
            });
        },
      );

  deviceTest("columns that are not a multiple of the block", async ({ hardware }) => {
    const shape = { rows: 8, columns: 40 };
    const { weights, x, y, buffers } = operands(hardware, "f16", {
      ...shape,
      tokens: 5,
      output: "store",
    });
    await hardware.run(variant.source("f16", "store"), buffers, variant.grid(shape, 5));
    expectClose(
      await hardware.readFloat32(buffers.y),
      linearReference(weights, x, y, { ...shape, output: "store" }),
      forSum(40, magnitudeOf(weights, x, 40)),
    );
  });
});

describe("matvec", () => {
  for (const output of OUTPUTS)
    deviceTest(`${output}: values beyond f16`, async ({ hardware }) => {
      const shape = { rows: 8, columns: 32 };
      const gain = hardware.upload(new Float32Array(32).fill(1));
      for (const variant of matvecs(hardware, "f16")) {
        const given = { ...shape, tokens: 1, output, scale: LARGE };
        const { weights, x, y, buffers } = operands(hardware, "f16", given);
        const source = variant.source("f16", output, { norm: false });
        await hardware.run(source, { ...buffers, gain }, variant.grid(shape));
        expectClose(
          await hardware.readFloat32(buffers.y),
          linearReference(weights, x, y, { ...shape, output }),
          tolerance(magnitudeOf(weights, x, 32), 32, output),
        );
      }
    });

  // Groups that are not a multiple of four, columns with a rest of eight, and a row of many groups.
  for (const [format, rows, columns] of [
    ["affine4-f16", 4, 32],
    ["affine4-f16", 12, 64],
    ["affine8-f16", 8, 160],
    ["affine4-f16", 8, 1536],
    ["q4-f16", 8, 224],
    ["affine8-k", 4, 768],
  ] as const)
    deviceTest(`${format} [${rows}, ${columns}]`, async ({ hardware }) => {
      const shape = { rows, columns };
      const gain = hardware.randomFloat32(columns);
      for (const variant of [...laneSharings(hardware).map(matvecShared), MATVEC_BROADCAST]) {
        const given = { ...shape, tokens: 1, output: "store" } as const;
        const { weights, x, y, buffers } = operands(hardware, format, given);
        await hardware.run(
          variant.source(format, "store", { norm: true }),
          { ...buffers, gain: hardware.upload(gain) },
          variant.grid(shape),
        );
        const input = rmsNormReference(x, gain, EPSILON);
        expectClose(
          await hardware.readFloat32(buffers.y),
          linearReference(weights, input, y, { ...shape, output: "store" }),
          forSum(columns, magnitudeOf(weights, input, columns)),
        );
      }
    });

  for (const format of ["f16", "q4-f16", "affine4-f16", "affine8-k"] as const)
    deviceTest(`${format}: one number far beyond the others`, async ({ hardware }) => {
      const shape = { rows: 8, columns: columnsOf(format, 96) };
      const { columns } = shape;
      for (const variant of matvecs(hardware, format)) {
        const given = { ...shape, tokens: 1, output: "store" } as const;
        const { weights, x, y, buffers } = operands(hardware, format, given);
        x[5] = LARGE;
        const source = variant.source(format, "store", { norm: false });
        const uploaded = { ...buffers, x: hardware.upload(x), gain: hardware.upload(x) };
        await hardware.run(source, uploaded, variant.grid(shape));
        // The large number's product is most of each sum, and rounding is relative to it.
        expectClose(
          await hardware.readFloat32(buffers.y),
          linearReference(weights, x, y, { ...shape, output: "store" }),
          forSum(columns, LARGE),
        );
      }
    });

  for (const value of [NaN, Infinity])
    for (const format of ["f16", "f32", "affine4-f16", "affine8-f16"] as const)
      deviceTest(`${format}: ${value} in x is not hidden`, async ({ hardware }) => {
        const shape = { rows: 4, columns: 64 };
        for (const variant of matvecs(hardware, format)) {
          const given = { ...shape, tokens: 1, output: "store" } as const;
          const { x, buffers } = operands(hardware, format, given);
          x[33] = value;
          const source = variant.source(format, "store", { norm: false });
          const uploaded = { ...buffers, x: hardware.upload(x), gain: hardware.upload(x) };
          await hardware.run(source, uploaded, variant.grid(shape));
          const y = await hardware.readFloat32(buffers.y);
          expect([...y].some((sum) => Number.isFinite(sum))).toBe(false);
        }
      });

  for (const format of WEIGHT_FORMATS)
    for (const output of outputsOf(format))
      // Formats of GGUF are tested with the norm only, which does not depend on the format either.
      for (const norm of isAffineFormat(format) ? [true] : [false, true])
        deviceTest(
          `${format} ${norm ? "norm " : ""}${output}: agrees with the reference`,
          async ({ hardware }) => {
            // 13 quads: not a multiple of any number of quads that a workgroup takes.
            const shape = { rows: 52, columns: columnsOf(format, 96) };
            const tokens = 2;
            const columns = shape.columns;
            const gain = hardware.randomFloat32(columns);
            for (const variant of matvecs(hardware, format)) {
              const { weights, x, y, buffers } = operands(hardware, format, {
                ...shape,
                tokens,
                output,
              });
              await hardware.run(
                variant.source(format, output, { norm }),
                { ...buffers, gain: hardware.upload(gain) },
                variant.grid(shape),
              );
              // Only the last token is computed, and its result is the first row of y.
              const last = x.subarray(columns);
              const input = norm ? rmsNormReference(last, gain, EPSILON) : last;
              const expected = linearReference(weights, input, y, { ...shape, output });
              const actual = await hardware.readFloat32(buffers.y);
              expectClose(
                actual.subarray(0, expected.length),
                expected,
                tolerance(magnitudeOf(weights, input, columns), columns, output),
              );
            }
          },
        );
});
