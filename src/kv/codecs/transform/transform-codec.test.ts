import { describe, expect, test } from "vitest";
import { channelsOf, roundedTransform } from "../../../../shaders/transform/basis-group.ts";
import { rotationTable } from "../../../../shaders/forward/rope-append.ts";
import { componentsReference } from "../../../../shaders/transform/transform-rows.ts";
import { centerRowsReference } from "../../../../shaders/transform/center-rows.ts";
import { groupTransform, reconstructRows, transformRows } from "./transform-codec.ts";
import { randomBasis, rowsInBasis, weightedRows } from "./transform-testing.ts";

const HEAD_DIM = 20;
const SHAPE = { kvHeads: 2, headDim: HEAD_DIM, layers: 2, components: [50, 33] as const };
const TOKENS = 64;
const FREQUENCIES = Array.from({ length: HEAD_DIM / 2 }, (_, d) => 10_000 ** ((-2 * d) / HEAD_DIM));
const STEP = 0.05;
/**
 * What f16 in the cache and in the matrices adds to a component: independent roundings of numbers below 8,
 * 2^-9 each at most, with weights whose squares sum up to 4 at most.
 */
const HALVES = 2 * 2 ** -9;

function setUp() {
  const basis = randomBasis({ ...SHAPE, groups: [SHAPE] });
  const [group] = basis.groups;
  if (!group) throw new Error("no group");
  const exact = groupTransform(group, basis);
  const rotation = rotationTable(FREQUENCIES, 10 + TOKENS).slice(10 * HEAD_DIM);
  const run = { tokens: TOKENS, skip: 4, step: STEP, rotation };
  return { group, exact, run, layers: rowsInBasis(group, exact, run) };
}

type SetUp = ReturnType<typeof setUp>;

const componentsOfRows = ({ exact, run }: SetUp, layers: readonly Uint16Array[]) =>
  componentsReference(exact, centerRowsReference(exact, layers, run.rotation, run), TOKENS);

describe("transform codec", () => {
  test("the way back undoes the way there, in the basis", () => {
    const { exact } = setUp();
    const channels = channelsOf(exact);
    const [keys] = exact.components;
    for (let row = 0; row < keys; row++)
      for (let column = 0; column < keys; column++) {
        let sum = 0;
        for (let channel = 0; channel < channels; channel++)
          sum +=
            (exact.inverse[0][row * channels + channel] ?? NaN) *
            (exact.forward[0][channel * keys + column] ?? NaN);
        expect(Math.abs(sum - (row === column ? 1 : 0))).toBeLessThan(1e-4);
      }
  });

  test("a component is 0.55 of a step off at most, and f16's roundings", () => {
    const context = setUp();
    const { exact, run, layers } = context;
    const rounded = roundedTransform(exact);
    const restored = reconstructRows(rounded, layers, transformRows(rounded, layers, run), run);
    const [before, after] = [layers, restored].map((rows) => componentsOfRows(context, rows));
    const worst = Math.max(...(before ?? []).map((y, i) => Math.abs(y - (after?.[i] ?? NaN))));
    expect(worst).toBeLessThan(0.55 * STEP + HALVES);
    expect(worst).toBeGreaterThan(0.45 * STEP);
  });

  test("in the weighted space the error is that, and what lies outside the basis", () => {
    const context = setUp();
    const { group, exact, run, layers } = context;
    const rounded = roundedTransform(exact);
    const restored = reconstructRows(rounded, layers, transformRows(rounded, layers, run), run);
    const [before, after] = [layers, restored].map((rows) => weightedRows(group, exact, rows, run));
    const energy = (numbers: Iterable<number>): number =>
      [...numbers].reduce((sum, x) => sum + x * x, 0);
    const error = energy((before ?? new Float64Array()).map((x, i) => x - (after?.[i] ?? NaN)));
    const outside = energy(before ?? []) - energy(componentsOfRows(context, layers));
    const codes = (SHAPE.components[0] + SHAPE.components[1]) * (TOKENS - run.skip);
    expect(outside).toBeGreaterThan(0);
    expect(error).toBeLessThan(codes * (0.55 * STEP + HALVES) ** 2 + outside * 1.01);
  });

  test("skipped tokens have codes of 0 and keep their rows", () => {
    const { exact, run, layers } = setUp();
    const codes = transformRows(exact, layers, run);
    expect(codes.filter((code, i) => i % TOKENS < run.skip && code !== 0)).toHaveLength(0);
    const restored = reconstructRows(exact, layers, codes, run);
    const size = run.skip * 2 * SHAPE.kvHeads * HEAD_DIM;
    for (const [layer, rows] of layers.entries()) {
      expect(restored[layer]?.slice(0, size)).toEqual(rows.slice(0, size));
      expect(restored[layer]?.slice(size)).not.toEqual(rows.slice(size));
    }
  });

  test("what was coded once stays what it is", () => {
    const { exact, run, layers } = setUp();
    const rounded = roundedTransform(exact);
    const codes = transformRows(rounded, layers, run);
    const restored = reconstructRows(rounded, layers, codes, run);
    expect(transformRows(rounded, restored, run)).toEqual(codes);
  });
});
