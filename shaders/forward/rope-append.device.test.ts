import { describe, expect } from "vitest";
import { expectClose, forSum } from "../../src/device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../src/device/testing.ts";
import { decodeFloats } from "../../src/shared/number-formats.ts";
import type { LaneSharing } from "../reduce.ts";
import { laneSharings } from "../testing.ts";
import type { QkvStep } from "./qkv-steps.ts";
import {
  ropeAppendGrid,
  ropeAppendReference,
  ropeAppendSource,
  rotationTable,
  type HeadShape,
  type QkvShape,
} from "./rope-append.ts";

const CONTEXT = 96;

const ROTATE: QkvStep = { step: "rotate", parts: ["query", "key"] };
const bias = (...parts: QkvStep["parts"]): QkvStep => ({ step: "bias", parts });
const norm = (...parts: QkvStep["parts"]): QkvStep => ({ step: "norm", parts });
const ALL = ["query", "key", "value"] as const;

/** Random operands, on the CPU and as buffers. */
function operands(
  hardware: DeviceHarness,
  shape: HeadShape,
  step: { tokens: number; position: number },
) {
  const { heads, kvHeads, headDim } = shape;
  const rows = (heads + 2 * kvHeads) * headDim;
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) => 100 ** (-i / headDim));
  const values = {
    rotation: rotationTable(frequencies, CONTEXT),
    qkv: hardware.randomFloat32(step.tokens * rows),
    // Rows that were there before must stay as they are.
    cache: new Uint16Array(CONTEXT * 2 * Math.max(kvHeads, 1) * headDim).fill(0x3555),
    bias: hardware.randomFloat32(rows).map((value) => 4 * value),
    queryGain: hardware.randomFloat32(headDim),
    keyGain: hardware.randomFloat32(headDim),
  };
  const buffers = () => ({
    rotation: hardware.upload(values.rotation),
    qkv: hardware.upload(values.qkv),
    cache: hardware.upload(values.cache),
    bias: hardware.upload(values.bias),
    queryGain: hardware.upload(values.queryGain),
    keyGain: hardware.upload(values.keyGain),
    step: hardware.uniform(step.position, step.tokens),
  });
  return { values, buffers };
}

const f16 = (codes: Uint16Array) => decodeFloats(new Uint8Array(codes.slice().buffer), "f16");

describe("rope-append", () => {
  for (const { tokens, position, shape, steps } of [
    { tokens: 1, position: 0, shape: { heads: 1, kvHeads: 1, headDim: 4 }, steps: [ROTATE] },
    // the last row
    { tokens: 1, position: 95, shape: { heads: 6, kvHeads: 2, headDim: 32 }, steps: [ROTATE] },
    { tokens: 65, position: 7, shape: { heads: 4, kvHeads: 4, headDim: 8 }, steps: [ROTATE] },
    // Without K and V nothing is appended.
    {
      tokens: 5,
      position: 3,
      shape: { heads: 4, kvHeads: 0, headDim: 16 },
      steps: [bias("query", "key"), norm("query", "key"), ROTATE],
    },
    {
      tokens: 9,
      position: 3,
      shape: { heads: 7, kvHeads: 1, headDim: 64 },
      steps: [bias(...ALL), ROTATE],
    },
    {
      tokens: 2,
      position: 0,
      shape: { heads: 2, kvHeads: 2, headDim: 80 },
      steps: [bias("key"), norm("query"), ROTATE],
    },
    {
      tokens: 3,
      position: 5,
      shape: { heads: 3, kvHeads: 1, headDim: 96 },
      steps: [bias("query", "value"), norm("key"), ROTATE],
    },
    {
      tokens: 5,
      position: 1,
      shape: { heads: 4, kvHeads: 2, headDim: 128 },
      steps: [norm("query", "key"), ROTATE],
    },
    {
      tokens: 1,
      position: 1,
      shape: { heads: 2, kvHeads: 1, headDim: 256 },
      steps: [bias(...ALL), norm("query", "key"), ROTATE],
    },
  ]) {
    const { heads, kvHeads, headDim } = shape;
    const done = steps.map(({ step, parts }) => `${step} ${parts.join(" and ")}`).join(", ");
    const name = `${tokens} tokens at ${position}, ${heads} heads of ${headDim}: ${done}`;
    deviceTest(name, async ({ hardware }) => {
      const { values, buffers } = operands(hardware, shape, { tokens, position });
      const given: QkvShape = { ...shape, steps, epsilon: 1e-6 };
      const untouched = values.cache.slice(0, position * 2 * kvHeads * headDim);
      const run = async (sharing: LaneSharing) => {
        const bound = buffers();
        const grid = ropeAppendGrid(given, sharing, tokens);
        await hardware.run(ropeAppendSource(given, sharing), bound, grid);
        const cache = new Uint16Array(await hardware.read(bound.cache));
        return { qkv: await hardware.readFloat32(bound.qkv), cache };
      };
      const results = [];
      for (const sharing of laneSharings(hardware)) results.push(await run(sharing));
      ropeAppendReference(values, given, position);
      for (const { qkv, cache } of results) {
        // Two products and their sum, of numbers below 5 with a bias and below 2 after a norm. The scale of a norm is
        // off by what the sum of a head's squares is, and by the 2 ULP that WGSL allows for inverseSqrt.
        const { atol } = { atol: 0, ...forSum(headDim, 1) };
        const tolerance = { atol: 5 * 3 * 2 ** -24, rtol: atol + 2 ** -21 };
        expectClose(qkv, values.qkv, tolerance);
        // One f16 step: the f32 before it may lie on the other side of a tie.
        expectClose(f16(cache), f16(values.cache), { atol: 2 ** -20, rtol: 2 ** -10 });
        expect(cache.slice(0, untouched.length)).toEqual(untouched);
      }
    });
  }

  deviceTest("a normalised row is the same, bit for bit, in any step", async ({ hardware }) => {
    const shape = { heads: 3, kvHeads: 2, headDim: 80 };
    const given = { ...shape, steps: [norm("query", "key"), ROTATE], epsilon: 1e-6 };
    const { values, buffers } = operands(hardware, shape, { tokens: 7, position: 0 });
    const row = (shape.heads + 2 * shape.kvHeads) * shape.headDim;
    for (const sharing of laneSharings(hardware)) {
      const whole = buffers();
      const source = ropeAppendSource(given, sharing);
      await hardware.run(source, whole, ropeAppendGrid(given, sharing, 7));
      const pieces = buffers();
      for (const [start, end] of [
        [0, 1],
        [1, 4],
        [4, 7],
      ] as const) {
        const tokens = end - start;
        const qkv = hardware.upload(values.qkv.slice(start * row, end * row));
        const step = hardware.uniform(start, tokens);
        await hardware.run(
          source,
          { ...pieces, qkv, step },
          ropeAppendGrid(given, sharing, tokens),
        );
      }
      expect(await hardware.readUint32(pieces.cache)).toEqual(
        await hardware.readUint32(whole.cache),
      );
    }
  });

  for (const [why, steps] of [
    ["a norm before the bias", [norm("query"), bias("key"), ROTATE]],
    ["a norm of values", [norm("value"), ROTATE]],
    ["a rotation of keys alone", [{ step: "rotate", parts: ["key"] }]],
  ] as const)
    deviceTest(`has no ${why.slice(2)}`, ({ hardware }) => {
      const shape = { heads: 1, kvHeads: 1, headDim: 8, steps, epsilon: 1e-6 };
      const [sharing] = laneSharings(hardware);
      expect(() => sharing && ropeAppendSource(shape, sharing)).toThrow("the kernel");
    });
});
