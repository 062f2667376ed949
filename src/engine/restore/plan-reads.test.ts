import { describe, expect, test } from "vitest";
import type { Preparation } from "../../kv/codecs/codec.ts";
import type { RestorationScheme } from "../../protocol/restoration.ts";
import type { FoundChunk } from "../sequence/stored-sequence.ts";
import {
  planFor,
  savedSequence,
  seemsWorthLoading,
  valuesBeyond,
  valuesToLoad,
  type PlanningModel,
} from "./plan-reads.ts";
import { ResidentSequence } from "../sequence/resident-sequence.ts";
import { RestorationCosts } from "../sequence/restoration-costs.ts";
import type { ChunkGroup } from "./streams/store-stream.ts";

const SHAPE = { layers: 4, kvHeads: 2, headDim: 32, contextTokens: 2048, valueBytes: 64 * 1024 };
const ROW_BYTES = 256;

/**
 * A model of two layer groups.
 *
 * @param missingBytes of each layer's weights
 * @param preparation of the family that transforms
 */
function modelWith(missingBytes: readonly number[] = [], preparation?: Preparation) {
  const costs = new RestorationCosts({ ...SHAPE, hidden: 192, heads: 6, ffn: 448 }, "software");
  costs.learnCompile(1500);
  const hasKernels = missingBytes.length === 0;
  const layers = { missingBytes, hasKernels, rowLayers: SHAPE.layers };
  const cache = { shape: SHAPE, rowBytes: ROW_BYTES };
  const resident = new ResidentSequence();
  return {
    config: SHAPE,
    cache,
    layers,
    resident,
    valueCoder: {
      preparationOf: (family: string) => (family === "transform" ? preparation : undefined),
    },
    restorationCosts: costs,
  } satisfies PlanningModel;
}

const requestOf = (tokens: number, scheme: RestorationScheme) => ({
  tokens: Array.from({ length: tokens }, () => 0),
  scheme,
});

const chunkAt = (startToken: number): FoundChunk => ({
  fingerprint: "f",
  prefixHash: String(startToken),
  startToken,
  tokens: 128,
  lineage: "exact",
  groupBytes: [65_536, 65_536],
});
const CHUNKS = [0, 128, 256, 384].map(chunkAt);

const plan = (model: PlanningModel, scheme: RestorationScheme) =>
  planFor(model, savedSequence(model, 512, CHUNKS), scheme);

const placesOf = (values: readonly ChunkGroup[]) =>
  values.map(({ chunk, group }) => [chunk.startToken / 128, group]);

describe("the order of reads", () => {
  test("what the plan loads, from the back and the deepest layers first", () => {
    const split = plan(modelWith(), "split");
    expect(placesOf(valuesToLoad(split, CHUNKS))).toEqual([
      [3, 1],
      [3, 0],
      [2, 1],
      [2, 0],
    ]);
  });

  test("then what it computes and is stored all the same, from the frontier to the front", () => {
    const split = plan(modelWith(), "split");
    const planned = valuesToLoad(split, CHUNKS);
    expect(placesOf(valuesBeyond(planned, split, CHUNKS))).toEqual([
      [1, 1],
      [1, 0],
      [0, 1],
      [0, 0],
    ]);
  });
});

test("layers that leave no rows run with the group behind them, or not at all", () => {
  // Four of nine layers have K and V, two of them in each value, and the last layer attends to the one before it.
  const config = { layers: 9, kvLayers: [0, 0, 2, 2, 4, 4, 4, 7, 7] };
  const model = { ...modelWith(), config };
  const saved = savedSequence(model, 512, CHUNKS);
  const groups = [
    { start: 0, end: 3 },
    { start: 3, end: 8 },
  ];
  expect(saved.layerGroups).toEqual(groups);
  const split = planFor(model, saved, "split");
  expect(split.staircase.map(({ layers }) => layers)).toEqual(groups);
  expect(placesOf(valuesToLoad(split, CHUNKS))).toEqual([
    [3, 1],
    [3, 0],
    [2, 1],
    [2, 0],
  ]);
});

describe("a cold resume", () => {
  const cold = () => modelWith([2e6, 2e6, 2e6, 2e6]);

  test("coded rows wait for the kernels that decode them", () => {
    const coded = CHUNKS.map((chunk): FoundChunk => ({ ...chunk, lineage: "balanced" }));
    const model = cold();
    const { prediction } = planFor(model, savedSequence(model, 512, coded), "load");
    expect(prediction.timeline.gpu[0]?.startMs).toBe(1500);
    expect(prediction.timeline.store[0]?.startMs).toBe(0);
    const warm = savedSequence(modelWith(), 512, coded);
    expect(warm.decodeFromMs).toBeUndefined();
  });

  test("transformed rows wait for the matrices of a basis, unless these are there", () => {
    const coded = CHUNKS.map((chunk): FoundChunk => {
      return { ...chunk, lineage: "balanced", family: "transform" };
    });
    const unmade = modelWith([], { bytes: 2e6, ms: undefined });
    unmade.restorationCosts.learnPreparation("transform", { bytes: 4e6, ms: 800 });
    expect(savedSequence(unmade, 512, coded).decodeFromMs).toBeCloseTo(400, 0);
    expect(savedSequence(unmade, 512, CHUNKS).decodeFromMs).toBeUndefined();
    const made = modelWith([], { bytes: 2e6, ms: 400 });
    expect(savedSequence(made, 512, coded).decodeFromMs).toBeUndefined();
  });

  test("where nothing is computed, rows wait for no weights", () => {
    const { prediction } = plan(cold(), "load");
    const warm = plan(modelWith(), "load");
    expect(prediction.makespanMs).toBeCloseTo(warm.prediction.makespanMs, 6);
  });

  test("what is computed waits for the kernels", () => {
    const { prediction } = plan(cold(), "recompute");
    const warm = plan(modelWith(), "recompute");
    expect(prediction.makespanMs).toBeGreaterThanOrEqual(warm.prediction.makespanMs + 1500 - 1);
  });
});

describe("reading before it is known what is stored", () => {
  test("pays where reading is much faster than computing", () => {
    expect(seemsWorthLoading(modelWith(), requestOf(512, "auto"))).toBe(true);
    const slow = modelWith();
    for (let i = 0; i < 20; i++)
      slow.restorationCosts.learn({ read: [{ bytes: 65_536, values: 1, ms: 500 }] });
    expect(seemsWorthLoading(slow, requestOf(512, "auto"))).toBe(false);
  });

  test.each([
    ["load", true],
    ["cake", false],
    ["recompute", false],
  ] as const)("under %s: %s", (scheme, expected) => {
    expect(seemsWorthLoading(modelWith(), requestOf(512, scheme))).toBe(expected);
  });
});
