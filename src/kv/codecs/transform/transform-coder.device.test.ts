import { countingDevice } from "../../../device/counting-testing.ts";
import { describe, expect } from "vitest";
import {
  roundedTransform,
  type GroupTransform,
} from "../../../../shaders/transform/basis-group.ts";
import { centerRowsReference } from "../../../../shaders/transform/center-rows.ts";
import type { RowRun } from "../../../../shaders/rows/coded-layout.ts";
import { rotationTable } from "../../../../shaders/forward/rope-append.ts";
import { floatsOf, rowsOf, rowsOfRun } from "../../../../shaders/rows/row-testing.ts";
import { componentsReference } from "../../../../shaders/transform/transform-rows.ts";
import { expectClose } from "../../../device/expect-close.ts";
import { deviceTest, type DeviceHarness } from "../../../device/testing.ts";
import { decodeComponents, encodeComponents } from "../entropy/component-codec.ts";
import { parseComponents } from "../entropy/component-header.ts";
import { MOST_APART, roundComponents } from "../entropy/round-components.ts";
import { uniforms, withBitFlipped } from "../entropy/component-testing.ts";
import { KvCache } from "../../cache/kv-cache.ts";
import { groupTransform, reconstructRows, transformRows, type RopeRun } from "./transform-codec.ts";
import { createTransformCoder, type TransformRate } from "./transform-coder.ts";
import { randomBasis, rowsInBasis } from "./transform-testing.ts";

const SHAPE = { layers: 5, kvHeads: 2, headDim: 20, contextTokens: 150 };
const WIDTH = SHAPE.kvHeads * SHAPE.headDim;
const FREQUENCIES = Array.from({ length: 10 }, (_, d) => 10_000 ** (-d / 10));
/** Groups of different sizes; fewer components than channels, and as many. */
const BASIS = randomBasis({
  ...SHAPE,
  groups: [
    { layers: 3, components: [50, 33] },
    { layers: 1, components: [40, 0] },
    { layers: 1, components: [5, 40] },
  ],
});
const RUN: RowRun = { start: 20, tokens: 96, skip: 4 };
const STEP = 0.05;
const VARIANTS = ["rans", "fixed"] as const;

/** The share of codes that f32's roundings may make others: levels that are at a threshold. */
const AT_THRESHOLD = 1e-3;
/** A step of f16, of numbers below 8: what decides a rounding may be a rounding of f32. */
const ROW_APART = 2 ** -8;

type Rows = Uint16Array<ArrayBuffer>;

const inRope = ({ start, tokens, skip }: RowRun): RopeRun => ({
  tokens,
  skip,
  step: STEP,
  rotation: rotationTable(FREQUENCIES, start + tokens).slice(start * SHAPE.headDim),
});

function groupOf(index: number) {
  const group = BASIS.groups[index];
  if (!group) throw new Error(`no group ${index}`);
  return { group, transform: roundedTransform(groupTransform(group, BASIS)) };
}

/** What a block of a group holds. */
const blockShape = ({ components }: GroupTransform, { tokens }: RowRun) => ({
  tokens,
  sideComponents: components,
});

async function setUp(hardware: DeviceHarness) {
  const cache = new KvCache(hardware.device, SHAPE);
  const layers: Rows[] = [];
  for (const index of BASIS.groups.keys()) {
    const { group, transform } = groupOf(index);
    const inRun = rowsInBasis(group, transform, inRope(RUN), { seed: 10 + index });
    for (const rows of inRun) {
      const whole = rowsOf(hardware.randomFloat32(SHAPE.contextTokens * 2 * WIDTH));
      whole.set(rows, RUN.start * 2 * WIDTH);
      cache.writeRows(layers.length, 0, new Uint8Array(whole.buffer));
      layers.push(whole);
    }
  }
  const coder = await createTransformCoder(hardware.device, cache, BASIS, {
    frequencies: FREQUENCIES,
  });
  return { cache, layers, coder };
}

const readLayer = async (cache: KvCache, layer: number): Promise<Rows> =>
  new Uint16Array((await cache.readRows(layer, { start: 0, end: SHAPE.contextTokens })).buffer);

const readAll = (cache: KvCache): Promise<Rows[]> =>
  Promise.all(cache.layers.map((_, layer) => readLayer(cache, layer)));

const outside = (rows: Rows, { start, skip, tokens }: RowRun): Rows =>
  rows.filter((_, i) => {
    const token = Math.floor(i / (2 * WIDTH)) - start;
    return token < skip || token >= tokens;
  });

/** The run's rows of a group's layers. */
function groupRows(layers: readonly Rows[], index: number, run: RowRun): Uint16Array[] {
  const { start, end } = groupOf(index).group.layers;
  return layers.slice(start, end).map((rows) => rowsOfRun(rows, SHAPE, run));
}

/** All layers are as they were, but that these rows of a group are those. */
function expectRestored(
  [actual, before]: readonly [readonly Rows[], readonly Rows[]],
  index: number,
  run: RowRun,
  restored: readonly Uint16Array[],
): void {
  const { start, end } = groupOf(index).group.layers;
  for (const [layer, rows] of actual.entries()) {
    const expected = before[layer] ?? new Uint16Array();
    if (layer < start || layer >= end) {
      expect(rows).toEqual(expected);
      continue;
    }
    expect(outside(rows, run)).toEqual(outside(expected, run));
    expectClose(
      floatsOf(rowsOfRun(rows, SHAPE, run)),
      floatsOf(restored[layer - start] ?? new Uint16Array()),
      { atol: ROW_APART, rtol: 0 },
    );
  }
}

describe.each(VARIANTS)("%s", (variant) => {
  const rate: TransformRate = { step: STEP, variant };

  deviceTest(
    "groups are coded as the reference codes them, in the order asked",
    async ({ hardware }) => {
      const { cache, layers, coder } = await setUp(hardware);
      const order = [2, 0, 1];
      const pending = coder.encode(order, RUN, rate);
      for (const layer of layers.keys())
        cache.writeRows(layer, 0, new Uint8Array(SHAPE.contextTokens * cache.rowBytes));
      const blocks = await pending;
      expect(blocks).toHaveLength(order.length);
      for (const [i, index] of order.entries()) {
        const { transform } = groupOf(index);
        const run = inRope(RUN);
        const numbers = centerRowsReference(
          transform,
          groupRows(layers, index, RUN),
          run.rotation,
          RUN,
        );
        const y = componentsReference(transform, numbers, RUN.tokens);
        const block = blocks[i] ?? new Uint8Array();
        const shape = blockShape(transform, RUN);
        const codes = decodeComponents(variant, block, shape) ?? [];
        const levels = Float32Array.from(y, (value) => value / STEP);
        const expected = roundComponents(levels, shape, variant);
        expect(codes).toHaveLength(expected.length);
        const others = expected.filter((code, at) => code !== codes[at]);
        expect(others.length).toBeLessThanOrEqual(AT_THRESHOLD * expected.length);
        const isOne = expected.every((code, at) => Math.abs(code - (codes[at] ?? NaN)) <= 1);
        expect(isOne).toBe(true);
      }
      coder.destroy();
    },
  );

  deviceTest(
    "a group is decoded as in the reference, and nothing else is touched",
    async ({ hardware }) => {
      const { cache, layers, coder } = await setUp(hardware);
      for (const index of BASIS.groups.keys()) {
        const { group, transform } = groupOf(index);
        const before = await readAll(cache);
        const source = rowsInBasis(group, transform, inRope(RUN), { seed: 20 + index });
        const codes = transformRows(transform, source, inRope(RUN));
        const bytes = encodeComponents(variant, { ...blockShape(transform, RUN), codes });
        expect(coder.decode(index, RUN, rate, bytes)).toBe(true);
        const kept = groupRows(layers, index, RUN);
        const expected = reconstructRows(transform, kept, codes, inRope(RUN));
        expectRestored([await readAll(cache), before], index, RUN, expected);
      }
      coder.destroy();
    },
  );

  deviceTest("a code is less than a step off; coded again it is the same", async ({ hardware }) => {
    const { cache, layers, coder } = await setUp(hardware);
    const groups = [...BASIS.groups.keys()];
    const blocks = await coder.encode(groups, RUN, rate);
    for (const index of groups)
      expect(coder.decode(index, RUN, rate, blocks[index] ?? new Uint8Array())).toBe(true);
    expect(await coder.encode(groups, RUN, rate)).toEqual(blocks);
    const after = await readAll(cache);
    for (const index of groups) {
      const { transform } = groupOf(index);
      const components = (rows: readonly Rows[]) => {
        const { rotation } = inRope(RUN);
        const inRun = groupRows(rows, index, RUN);
        const numbers = centerRowsReference(transform, inRun, rotation, RUN);
        return componentsReference(transform, numbers, RUN.tokens);
      };
      const restored = components(after);
      const worst = components(layers).reduce(
        (most, y, i) => Math.max(most, Math.abs(y - (restored[i] ?? NaN))),
        0,
      );
      // And f16's roundings of up to 2^-9 with weights whose squares sum up to 4.
      expect(worst).toBeLessThan(MOST_APART[variant] * STEP + 2 * 2 ** -9);
    }
    coder.destroy();
  });

  deviceTest(
    "decodes that follow one another at once do not disturb each other",
    async ({ hardware }) => {
      const { cache, coder } = await setUp(hardware);
      const runs = [
        { index: 0, start: 3, tokens: 64 },
        { index: 2, start: 70, tokens: 64 },
        { index: 0, start: 67, tokens: 32 },
        // A step so fine that its block is larger than there is room for at first.
        { index: 0, start: 5, tokens: 128, step: 1e-4 },
      ].map(({ index, start, tokens, step = STEP }, i) => {
        const { group, transform } = groupOf(index);
        const run = { ...inRope({ start, tokens, skip: 0 }), start, step };
        const source = rowsInBasis(group, transform, run, { seed: 30 + i });
        const codes = transformRows(transform, source, run);
        const bytes = encodeComponents(variant, { ...blockShape(transform, run), codes });
        return { index, run, bytes, codes, transform };
      });
      // The last overwrites the first: those before and after it are looked at.
      const last = runs.at(-1);
      expect(last?.bytes.length).toBeGreaterThan(2 ** 14);
      for (const shown of [runs.slice(0, 3), runs.slice(3)]) {
        for (const { index, run, bytes } of shown)
          expect(coder.decode(index, run, { step: run.step, variant }, bytes)).toBe(true);
        const all = await readAll(cache);
        for (const { index, run, codes, transform } of shown) {
          const rows = groupRows(all, index, run);
          const expected = reconstructRows(transform, rows, codes, run);
          for (const [layer, actual] of rows.entries())
            expectClose(floatsOf(actual), floatsOf(expected[layer] ?? new Uint16Array()), {
              atol: ROW_APART,
              rtol: 0,
            });
        }
      }
      coder.destroy();
    },
  );

  deviceTest(
    "two encodings under way at once are those of one after the other",
    async ({ hardware }) => {
      const { coder } = await setUp(hardware);
      const runs = [RUN, { start: 100, tokens: 32, skip: 0 }];
      const alone = [];
      for (const run of runs) alone.push(await coder.encode([0, 1], run, rate));
      expect(await Promise.all(runs.map((run) => coder.encode([0, 1], run, rate)))).toEqual(alone);
      expect(alone[0]).not.toEqual(alone[1]);
      coder.destroy();
    },
  );

  deviceTest("what is no block is refused, damage stays within the run", async ({ hardware }) => {
    const { cache, layers, coder } = await setUp(hardware);
    const [bytes = new Uint8Array()] = await coder.encode([0], RUN, rate);
    const next = uniforms(7);
    const random = Uint8Array.from({ length: 400 }, () => next.next().value * 256);
    const shape = blockShape(groupOf(0).transform, RUN);
    let accepted = 0;
    for (const [i, damaged] of [
      random,
      new Uint8Array(),
      bytes.slice(0, -4),
      ...Array.from({ length: 40 }, (_, flip) =>
        withBitFlipped(bytes, Math.floor(next.next().value * (flip % 2 ? bytes.length * 8 : 800))),
      ),
    ].entries()) {
      const isBlock = coder.decode(0, RUN, rate, damaged);
      expect(isBlock).toBe(parseComponents(variant, damaged, shape) !== undefined);
      if (i < 3) expect(isBlock).toBe(false);
      if (isBlock) accepted++;
    }
    expect(accepted).toBeGreaterThan(5);
    const after = await readAll(cache);
    for (const [layer, rows] of layers.entries()) {
      const actual = after[layer] ?? new Uint16Array();
      expect(outside(actual, RUN)).toEqual(outside(rows, RUN));
      expect(floatsOf(actual).every(Number.isFinite)).toBe(true);
      if (layer >= 3) expect(actual).toEqual(rows);
    }
    coder.destroy();
  });

  deviceTest("nothing live is the mean", async ({ hardware }) => {
    const { cache, layers, coder } = await setUp(hardware);
    const { transform } = groupOf(0);
    const [keys, values] = transform.components;
    const codes = new Int16Array((keys + values) * RUN.tokens);
    const bytes = encodeComponents(variant, { ...blockShape(transform, RUN), codes });
    expect(coder.decode(0, RUN, rate, bytes)).toBe(true);
    const kept = groupRows(layers, 0, RUN);
    const expected = reconstructRows(transform, kept, codes, inRope(RUN));
    expectRestored([await readAll(cache), layers], 0, RUN, expected);
    coder.destroy();
  });
});

deviceTest(
  "what only decodes compiles nothing to code with, until it has to",
  async ({ hardware }) => {
    const whole = await setUp(hardware);
    const rate: TransformRate = { step: STEP, variant: "rans" };
    const [block = new Uint8Array()] = await whole.coder.encode([0], RUN, rate);
    whole.coder.destroy();

    const { device, compiled } = countingDevice(hardware.device);
    const options = { frequencies: FREQUENCIES, uses: ["rans"] as const };
    const coder = await createTransformCoder(device, whole.cache, BASIS, options);
    expect(compiled.toSorted()).toEqual(["decode-components-rans", "reconstruct-rows"]);
    expect(coder.decode(0, RUN, rate, block)).toBe(true);
    expect(() => coder.encode([0], RUN, rate)).toThrow("nothing was prepared");
    expect(() => coder.decode(0, RUN, { ...rate, variant: "fixed" }, block)).toThrow("fixed");

    await Promise.all([coder.prepare("encode"), coder.prepare("encode"), coder.prepare("rans")]);
    expect(compiled).toHaveLength(4);
    expect(await coder.encode([0], RUN, rate)).toEqual([block]);
    coder.destroy();
  },
);
