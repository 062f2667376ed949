import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { estimateMs, sumWorkload } from "./estimate.ts";
import { predict } from "./predict.ts";
import { anyProfile, anySaved, PLAIN_PROFILE, savedSequence, withHoles } from "./testing.ts";
import { priceWorkload, staircaseOf } from "./workload.ts";
import type { SavedSequence } from "./staircase.ts";

/** Reading a value takes 11 ms, computing a layer of a span 128 ms. */
const saved = savedSequence({ chunks: 4, groups: 3 });

function predicted(cuts: number[], of: SavedSequence = saved, profile = PLAIN_PROFILE) {
  const work = priceWorkload(profile, of);
  return predict(work, staircaseOf(work, cuts));
}

describe("both streams", () => {
  test("loading alone takes as long as its reads", () => {
    const { makespanMs, readBytes, recomputedRows } = predicted([0, 0, 0]);
    expect(makespanMs).toBeCloseTo(12 * 11, 3);
    expect([readBytes, recomputedRows]).toEqual([12_000, 0]);
  });

  test("recomputing alone takes as long as its steps, and the store idles all the time", () => {
    const { makespanMs, bubbleRatio, loadedRows } = predicted([4, 4, 4]);
    expect(makespanMs).toBe(12 * 128);
    expect([bubbleRatio, loadedRows]).toEqual([1, 0]);
  });

  test("together they take as long as the longer one", () => {
    expect(predicted([1, 0, 0]).makespanMs).toBe(128);
    expect(predicted([1, 1, 0]).makespanMs).toBe(256);
  });

  test("decoding overlaps with reading, all but the last value's", () => {
    const profile = { ...PLAIN_PROFILE, decode: { f16: { fixedMs: 5, bytesPerMs: 1e9 } } };
    expect(predicted([0, 0, 0], saved, profile).makespanMs).toBeCloseTo(12 * 11 + 5, 3);
    const slow = { ...PLAIN_PROFILE, decode: { f16: { fixedMs: 20, bytesPerMs: 1e9 } } };
    expect(predicted([0, 0, 0], saved, slow).makespanMs).toBeCloseTo(11 + 12 * 20, 3);
  });

  test("what is read is decoded between two steps: it holds computing up", () => {
    const profile = { ...PLAIN_PROFILE, decode: { f16: { fixedMs: 5, bytesPerMs: 1e9 } } };
    const { makespanMs, decodeMs } = predicted([1, 1, 1], saved, profile);
    expect(decodeMs).toBeCloseTo(9 * 5, 3);
    expect(makespanMs).toBeCloseTo(384 + 45, 3);
  });

  test("later positions cost more to compute", () => {
    const prefill = { tokenLayerMs: 1, tokenLayerKiloMs: 1000, stepMs: 2 };
    const profile = { ...PLAIN_PROFILE, prefill };
    const { recomputeMs } = predicted([2, 0, 0], saved, profile);
    expect(recomputeMs).toBe(2 * 2 + 128 * (1 + 63.5) + 128 * (1 + 128 + 63.5));
  });

  test("resident rows cost nothing", () => {
    const { loadedRows, makespanMs } = predicted([0, 0, 0], { ...saved, residentTokens: 256 });
    expect(loadedRows).toBe(256 * 3);
    expect(makespanMs).toBeCloseTo(6 * 11, 3);
  });
});

describe("a cold resume", () => {
  const cold = { ...saved, weightBytes: [10_000, 10_000, 10_000] };

  test("reads weights first, layer by layer, and computes behind them", () => {
    const { timeline, makespanMs } = predicted([1, 1, 1], cold);
    expect(timeline.store.slice(0, 3).map(({ work, endMs }) => [work, endMs])).toEqual([
      ["weights", 100],
      ["weights", 200],
      ["weights", 300],
    ]);
    const steps = timeline.gpu.filter(({ work }) => work === "recompute");
    // The second step begins when the first is over: by then the second layer's weights are there.
    expect(steps.map(({ startMs, layers }) => [startMs, layers.start])).toEqual([
      [100, 0],
      [228, 1],
      [356, 2],
    ]);
    expect(makespanMs).toBe(484);
  });

  test("a step goes through all layers whose weights have come by then", () => {
    const { timeline } = predicted([3, 2, 1], cold);
    const steps = timeline.gpu.filter(({ work }) => work === "recompute");
    expect(steps.map(({ rows, layers }) => [rows.start, layers.start, layers.end])).toEqual([
      [0, 0, 1],
      [128, 0, 1],
      [256, 0, 1],
      [0, 1, 3],
      [128, 1, 2],
    ]);
  });

  test("nothing is computed before the kernels are there", () => {
    const { timeline } = predicted([1, 1, 1], { ...cold, computeFromMs: 250 });
    const steps = timeline.gpu.filter(({ work }) => work === "recompute");
    expect(steps[0]).toMatchObject({ startMs: 250, layers: { start: 0, end: 2 } });
    const warm = predicted([3, 3, 3], { ...saved, computeFromMs: 250 });
    expect(warm.makespanMs).toBe(predicted([3, 3, 3]).makespanMs + 250);
  });

  test("nothing is decoded before the kernels for that are there; it is read all the same", () => {
    const from = predicted([0, 0, 0], { ...saved, decodeFromMs: 5000 });
    const atOnce = predicted([0, 0, 0]);
    expect(from.timeline.gpu[0]).toMatchObject({ startMs: 5000, work: "decode" });
    expect(from.timeline.store).toEqual(atOnce.timeline.store);
    expect(from.makespanMs).toBeCloseTo(5000 + atOnce.decodeMs, 3);
  });

  test("no layer is ready before its weights", () => {
    expect(predicted([0, 0, 0], cold).layersReadyMs.every((ms) => ms >= 300)).toBe(true);
    const resident = { ...cold, residentTokens: cold.tokens };
    expect(predicted([0, 0, 0], resident).layersReadyMs).toEqual([100, 200, 300]);
    expect(predicted([0, 0, 0], resident).makespanMs).toBe(300);
  });

  test("weights of layers that leave no rows are read before rows, too, and no step runs through these layers", () => {
    const behind = { ...saved, weightBytes: [10_000, 10_000, 10_000, 10_000, 10_000] };
    const { timeline, weightsMs, recomputedRows } = predicted([4, 4, 4], behind);
    expect(weightsMs).toBe(500);
    expect(timeline.store.at(-1)).toMatchObject({
      work: "weights",
      startMs: 300,
      endMs: 500,
      layers: { start: 3, end: 5 },
    });
    expect(recomputedRows).toBe(3 * 4 * 128);
    const loading = predicted([0, 0, 0], behind);
    expect(loading.timeline.store.find(({ work }) => work === "read")?.startMs).toBe(500);
  });
});

describe("holes", () => {
  test("one runs through each layer when what is before it there has been loaded, which comes first", () => {
    const { timeline, makespanMs, recomputedRows } = predicted(
      [0, 0, 0],
      withHoles(saved, [[2, 1]]),
    );
    expect(timeline.store.map(({ rows }) => rows.start)).toEqual([
      128, 0, 128, 0, 128, 0, 384, 256,
    ]);
    const holes = timeline.gpu.filter(({ work }) => work === "recompute");
    expect(holes.map(({ layers }) => layers.start)).toEqual([0, 1]);
    expect(holes[0]?.startMs).toBeCloseTo(22, 3);
    expect(makespanMs).toBeCloseTo(22 + 2 * 128, 3);
    expect(recomputedRows).toBe(2 * 128);
  });

  test("one that the staircase covers is none", () => {
    const holes = withHoles(saved, [[0, 1]]);
    expect(predicted([1, 1, 0], holes).recomputedRows).toBe(2 * 128);
    expect(
      predicted([1, 0, 0], holes).timeline.gpu.filter(({ work }) => work === "recompute"),
    ).toEqual([
      expect.objectContaining({ layers: { start: 0, end: 1 } }),
      expect.objectContaining({ layers: { start: 1, end: 2 } }),
    ]);
  });

  test("a tail that is not stored comes last", () => {
    const { timeline } = predicted([1, 1, 1], { ...saved, tokens: saved.tokens + 10 });
    expect(timeline.gpu.at(-1)).toMatchObject({
      work: "recompute",
      rows: { start: 512, end: 522 },
    });
  });
});

/** Any staircase over a workload. */
const anyCase = fc
  .record({
    profile: anyProfile,
    saved: anySaved(12, 6),
    seed: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
  })
  .map(({ profile, saved, seed }) => {
    const work = priceWorkload(profile, saved);
    const cuts = Array.from(
      { length: work.groups },
      (_, g) => (seed[g] ?? 0) % (work.spans.length + 1),
    );
    return { work, cuts: cuts.toSorted((a, b) => b - a) };
  });

test("every row comes once, times add up, and nothing overlaps on a lane", () => {
  fc.assert(
    fc.property(anyCase, ({ work, cuts }) => {
      const result = predict(work, staircaseOf(work, cuts));
      const { tokens, residentTokens } = work.saved;
      const layers = work.layersBefore.at(-1) ?? 0;
      expect(result.loadedRows + result.recomputedRows).toBe(layers * (tokens - residentTokens));
      expect(Math.max(0, ...result.layersReadyMs)).toBeCloseTo(result.makespanMs, 6);
      expect(result.bubbleRatio).toBeGreaterThanOrEqual(0);
      expect(result.bubbleRatio).toBeLessThanOrEqual(1);
      for (const lane of [result.timeline.store, result.timeline.gpu])
        for (const [i, { startMs, endMs }] of lane.entries()) {
          expect(startMs).toBeGreaterThanOrEqual(lane[i - 1]?.endMs ?? 0);
          expect(endMs).toBeGreaterThanOrEqual(startMs);
        }
    }),
  );
});

test("the estimate is a lower bound of the simulation, and mostly close to it", () => {
  const ratios: number[] = [];
  fc.assert(
    fc.property(anyCase, ({ work, cuts }) => {
      const { makespanMs } = predict(work, staircaseOf(work, cuts));
      const ratio = makespanMs > 0 ? estimateMs(sumWorkload(work), cuts) / makespanMs : 1;
      expect(ratio).toBeLessThan(1 + 3e-6);
      ratios.push(ratio);
    }),
    { numRuns: 300 },
  );
  const sorted = ratios.toSorted((a, b) => a - b);
  expect(sorted[Math.floor(ratios.length / 2)]).toBeGreaterThan(0.97);
});
