import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  guard,
  nextCandidate,
  QUALITY_BUDGETS,
  type CandidateMeasure,
  type CompressionCandidate,
  type LossyBudget,
  type QualityBudget,
} from "./quality-guard.ts";
import type { QualityMeasure } from "./measure-distances.ts";
import { selectPairs } from "../sharing/select-pairs.ts";

const { exact, balanced, compact } = QUALITY_BUDGETS;

/** A candidate with this many pairs: 0 and 1, 2 and 3, … */
const candidate = (codec: string, pairs: number): CompressionCandidate => ({
  codec,
  map: {
    layers: 12,
    pairs: Array.from({ length: pairs }, (_, i) => ({ keep: 2 * i, share: 2 * i + 1 })),
  },
});

const GOOD: CandidateMeasure = { meanKl: 0, p95Kl: 0, flips: 0, top1: 1, bytes: 1 };
const BAD: CandidateMeasure = { meanKl: 1, p95Kl: 1, flips: 1, top1: 0, bytes: 1 };

const step = (
  codec: string,
  pairs: number,
  measured: QualityMeasure | null,
  budget: QualityBudget = balanced,
) => nextCandidate(candidate(codec, pairs), measured, budget);

test.each([exact, balanced, compact])("[QG1] %j: the cache itself always holds", (budget) => {
  for (const measured of [null, GOOD, BAD, { meanKl: NaN, p95Kl: NaN, flips: NaN, top1: NaN }])
    expect(step("f16", 0, measured, budget)).toEqual({ accept: candidate("f16", 0) });
});

test.each([balanced, compact])("[QG1] %j: a safe rate holds unmeasured", (budget) => {
  for (const measured of [null, BAD])
    expect(step("int8", 0, measured, budget)).toEqual({ accept: candidate("int8", 0) });
});

test("[QG2] a lossless budget goes to the cache itself at once, however good the measure", () => {
  for (const lossy of [candidate("f16", 1), candidate("int8", 0), candidate("int4", 3)])
    expect(nextCandidate(lossy, GOOD, exact)).toEqual({ try: candidate("f16", 0) });
});

describe("[QG3] within the budget", () => {
  test.each<[string, LossyBudget, Omit<QualityMeasure, "top1">]>([
    ["balanced", balanced, { meanKl: 0.005, p95Kl: 0.025, flips: 0.02 }],
    ["compact", compact, { meanKl: 0.02, p95Kl: 0.1, flips: 0.04 }],
  ])("%s: the limits are, and each of the three counts", (_, budget, limits) => {
    const lossy = candidate("int4", 2);
    // How many likeliest tokens are the same decides nothing: near-ties turn at any loss.
    expect(nextCandidate(lossy, { ...limits, top1: 0.5 }, budget)).toEqual({ accept: lossy });
    for (const one of ["meanKl", "p95Kl", "flips"] as const) {
      const measured = { ...GOOD, [one]: limits[one] * 1.01 };
      expect(nextCandidate(lossy, measured, budget)).toEqual({ try: candidate("int4", 1) });
    }
  });

  test("what was not measured is not, nor what is not a number", () => {
    const wrong = (["meanKl", "p95Kl", "flips"] as const).map((one) => ({ ...GOOD, [one]: NaN }));
    for (const measured of [null, ...wrong])
      expect(step("int4", 1, measured)).toEqual({ try: candidate("int4", 0) });
  });
});

describe("[QG4] the worst pair goes", () => {
  test("the last one, at the same codec", () => {
    expect(step("int4", 3, BAD)).toEqual({ try: candidate("int4", 2) });
    expect(step("f16", 1, BAD)).toEqual({ try: candidate("f16", 0) });
  });

  test("under Krul the one of the largest distance", () => {
    const distances = [
      [0, 5, 9, 9],
      [5, 0, 9, 9],
      [9, 9, 0, 1],
      [9, 9, 1, 0],
    ].flat();
    const evidence = { edgeMass: [1, 1, 1, 1], distances };
    const limits = { edgeThreshold: 0, target: { pairs: 2 } };
    const { map } = selectPairs(["a", "a", "a", "a"], evidence, limits);
    expect(nextCandidate({ map, codec: "int4" }, BAD, balanced)).toEqual({
      try: { map: { layers: 4, pairs: [{ keep: 2, share: 3 }] }, codec: "int4" },
    });
  });
});

test("[QG5] without a pair the codec is raised by one", () => {
  expect(step("int2", 0, BAD)).toEqual({ try: candidate("int2-int4", 0) });
  expect(step("int2-int4", 0, BAD)).toEqual({ try: candidate("int3-int4", 0) });
  expect(step("int3-int4", 0, BAD)).toEqual({ try: candidate("int4", 0) });
  expect(step("int4", 0, BAD)).toEqual({ try: candidate("int8", 0) });
  expect(step("int8", 1, BAD)).toEqual({ try: candidate("int8", 0) });
  expect(step("transform-12", 0, BAD)).toEqual({ try: candidate("transform-10", 0) });
  expect(step("transform-3", 0, BAD)).toEqual({ try: candidate("f16", 0) });
});

describe("the loop", () => {
  const answers = (good: (one: CompressionCandidate) => boolean) => {
    const asked: string[] = [];
    const measure = (one: CompressionCandidate) => {
      asked.push(`${one.codec} ${one.map.pairs.length}`);
      return Promise.resolve(good(one) ? GOOD : BAD);
    };
    return { asked, measure };
  };

  test("[QG3] a first candidate that holds is measured once", async () => {
    const { asked, measure } = answers(() => true);
    const verdict = await guard(candidate("int4", 0), measure, balanced);
    expect(verdict).toEqual({
      accepted: candidate("int4", 0),
      measure: GOOD,
      measured: [{ candidate: candidate("int4", 0), measure: GOOD }],
    });
    expect(asked).toEqual(["int4 0"]);
  });

  test("[QG4, QG5, QG6] if nothing holds, all pairs go, then all codecs", async () => {
    const { asked, measure } = answers(() => false);
    const { accepted, measured } = await guard(candidate("int4", 2), measure, compact);
    expect(accepted).toEqual(candidate("int8", 0));
    expect(asked).toEqual(["int4 2", "int4 1", "int4 0"]);
    expect(measured.map(({ measure: one }) => one)).toEqual([BAD, BAD, BAD]);
  });

  test("it stops at the first that holds", async () => {
    const { asked, measure } = answers(
      ({ map, codec }) => codec === "int8" && map.pairs.length < 2,
    );
    const { accepted } = await guard(candidate("int8", 3), measure, balanced);
    expect(accepted).toEqual(candidate("int8", 1));
    expect(asked).toEqual(["int8 3", "int8 2", "int8 1", "int4 0"]);
  });

  test("[QG1, QG2] what needs no measure gets none", async () => {
    const { asked, measure } = answers(() => true);
    const verdicts = [
      await guard(candidate("int4", 3), measure, exact),
      await guard(candidate("f16", 0), measure, balanced),
    ];
    for (const verdict of verdicts)
      expect(verdict).toEqual({ accepted: candidate("f16", 0), measured: [] });
    expect(asked).toEqual([]);
  });

  describe("[QG7] sharing against fewer bits", () => {
    /** Of what shares, then of what does not, at one codec less. */
    const against = async (shared: CandidateMeasure, fewerBits: CandidateMeasure) => {
      const asked: string[] = [];
      const measure = ({ codec, map }: CompressionCandidate) => {
        asked.push(`${codec} ${map.pairs.length}`);
        if (map.pairs.length > 0) return Promise.resolve(shared);
        return Promise.resolve(codec === "int3-int4" ? fewerBits : GOOD);
      };
      const { accepted, measure: found } = await guard(candidate("int4", 2), measure, balanced);
      return { accepted, found, asked };
    };
    const SHARED = { ...GOOD, meanKl: 0.002, bytes: 100 };

    test("stays where it is nearer to exact", async () => {
      const { accepted, found, asked } = await against(SHARED, { ...SHARED, meanKl: 0.003 });
      expect(accepted).toEqual(candidate("int4", 2));
      expect(found).toEqual(SHARED);
      expect(asked).toEqual(["int4 2", "int3-int4 0"]);
    });

    test("stays where fewer bits take more bytes", async () => {
      const { accepted } = await against(SHARED, { ...GOOD, bytes: 101 });
      expect(accepted).toEqual(candidate("int4", 2));
    });

    test("gives way to fewer bits that are as good", async () => {
      const rival = { ...GOOD, meanKl: 0.002, bytes: 100 };
      const { accepted, found } = await against(SHARED, rival);
      expect(accepted).toEqual(candidate("int3-int4", 0));
      expect(found).toEqual(rival);
    });

    test("goes even where fewer bits are beyond the budget themselves", async () => {
      const { accepted, asked } = await against(SHARED, {
        ...GOOD,
        meanKl: 0.001,
        flips: 0.1,
        bytes: 90,
      });
      expect(accepted).toEqual(candidate("int4", 0));
      expect(asked).toEqual(["int4 2", "int3-int4 0", "int4 0"]);
    });

    test("is not put against anything below the lowest codec", async () => {
      const measure = () => Promise.resolve(GOOD);
      const { accepted } = await guard(candidate("int2", 1), measure, balanced);
      expect(accepted).toEqual(candidate("int2", 1));
    });
  });

  test("[QG1] f16 that shares is put against int8 that does not", async () => {
    const { asked, measure } = answers(() => true);
    await guard(candidate("f16", 1), measure, balanced);
    expect(asked).toEqual(["f16 1", "int8 0"]);
  });

  test("a replay that fails accepts nothing", async () => {
    const lost = () => Promise.reject(new Error("the device is lost"));
    await expect(guard(candidate("int4", 1), lost, balanced)).rejects.toThrow("device is lost");
  });

  const anyMeasure = fc.record({
    meanKl: fc.oneof(fc.double({ min: 0, max: 0.03 }), fc.constant(NaN)),
    p95Kl: fc.oneof(fc.double({ min: 0, max: 0.2 }), fc.constant(NaN)),
    flips: fc.oneof(fc.double({ min: 0, max: 0.1 }), fc.constant(NaN)),
    top1: fc.double({ min: 0.9, max: 1 }),
    bytes: fc.nat(9),
  });
  const anyCandidate = fc
    .tuple(fc.constantFrom("int2", "int4", "int8", "f16"), fc.nat(6))
    .map(([codec, pairs]) => candidate(codec, pairs));
  const anyBudget = fc.constantFrom(exact, balanced, compact);

  test("[QG6, QG7] whatever is measured: it ends, and what is accepted holds", async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCandidate,
        fc.array(anyMeasure, { minLength: 20, maxLength: 20 }),
        anyBudget,
        async (first, results, budget) => {
          const queue = results.slice();
          const next = () => Promise.resolve(queue.shift() ?? BAD);
          const { accepted, measure, measured } = await guard(first, next, budget);
          expect(measured.length).toBeLessThanOrEqual(first.map.pairs.length + 2 + 5);
          const isAlone = accepted.map.pairs.length === 0;
          const isExact = accepted.codec === "f16" && isAlone;
          const isSafe = accepted.codec === "int8" && isAlone;
          if (budget === "lossless") expect(isExact).toBe(true);
          else if (!isExact && !isSafe) {
            expect(measured).toContainEqual({ candidate: accepted, measure });
            expect(measure?.meanKl).toBeLessThanOrEqual(budget.maxMeanKl);
            expect(measure?.p95Kl).toBeLessThanOrEqual(budget.maxP95Kl);
            expect(measure?.flips).toBeLessThanOrEqual(budget.maxFlips);
          }
        },
      ),
    );
  });
});
