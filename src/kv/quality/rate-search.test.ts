import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RateLadder } from "../codecs/codec.ts";
import { ROW_LADDER } from "../codecs/rows/row-rates.ts";
import { TRANSFORM_LADDER, TRANSFORM_STEPS } from "../codecs/transform/transform-rates.ts";
import { isWithin, QUALITY_BUDGETS, type LossyBudget } from "./quality-guard.ts";
import { lossyRates, nextRate, type JudgedRate } from "./rate-search.ts";

const { balanced, compact } = QUALITY_BUDGETS;

const stepOf = (rate: string) => Number(rate.split("-")[1]);

/** Rates that are expected to cost 0.0018 nats at a step of 30, whatever those of the coder are expected to cost. */
const LADDER: RateLadder = {
  ...TRANSFORM_LADDER,
  expectedKl: (rate) => 0.0018 * (stepOf(rate) / 30) ** 1.6,
};

/** A judgement of this mean KL, spread over the positions as usual. */
const costing = (rate: string, meanKl: number): JudgedRate => ({
  rate,
  measure: { meanKl, p95Kl: 4 * meanKl, flips: 0 },
});

/** What a conversation costs that is so many times as sensitive as the ladder expects. */
const sensitive =
  (times: number, ladder = LADDER) =>
  (rate: string): JudgedRate =>
    costing(rate, times * ladder.expectedKl(rate));

/** Judges until the search ends. */
function search(
  measure: (rate: string) => JudgedRate,
  { ladder = LADDER, budget = balanced }: { ladder?: RateLadder; budget?: LossyBudget } = {},
  earlier: readonly JudgedRate[] = [],
) {
  const judged: JudgedRate[] = [];
  for (;;) {
    const step = nextRate(ladder, budget, { judged, earlier });
    if (!("judge" in step))
      return { rates: judged.map(({ rate }) => rate), found: "accept" in step && step.accept };
    judged.push(measure(step.judge));
  }
}

describe("[RS1, RS2] the first rate", () => {
  test("is what the ladder expects to fit, where nothing is known", () => {
    // 0.0018 nats at 30 are 0.0038 at 48.
    expect(search(sensitive(1)).rates[0]).toBe("transform-43");
    expect(search(sensitive(1), { budget: compact }).rates[0]).toBe("transform-100");
    expect(search(sensitive(1, ROW_LADDER), { ladder: ROW_LADDER }).rates[0]).toBe("int4");
  });

  test("is what the median of earlier conversations points at, whatever the level was", () => {
    const earlier = [0.2, 4, 40].map((times) => sensitive(times)("transform-30"));
    expect(search(sensitive(4), {}, earlier).rates).toEqual(["transform-20"]);
    expect(search(sensitive(4), { budget: compact }, earlier).rates).toEqual(["transform-43"]);
  });

  test("of another family is no evidence", () => {
    expect(search(sensitive(1), {}, [costing("int4", 9)]).rates[0]).toBe("transform-43");
  });

  test("is none where none is promising: nothing is judged", () => {
    const earlier = [costing("int4", 0.0046)];
    const { rates, found } = search(sensitive(1, ROW_LADDER), { ladder: ROW_LADDER }, earlier);
    expect([rates, found]).toEqual([[], false]);
  });
});

describe("[RS3] a rate that holds", () => {
  test("is taken where no other one would save much", () => {
    expect(search(sensitive(1))).toEqual({ rates: ["transform-43"], found: "transform-43" });
    expect(search(sensitive(0.8)).rates).toHaveLength(1);
  });

  test("leads to one that takes the budget up", () => {
    expect(search(sensitive(0.3))).toEqual({
      rates: ["transform-43", "transform-100"],
      found: "transform-100",
    });
  });

  test("is taken where the coarser one then does not hold", () => {
    const sudden = (rate: string) => costing(rate, stepOf(rate) > 50 ? 1 : 0.0001);
    expect(search(sudden)).toMatchObject({ found: "transform-43" });
  });
});

describe("[RS4, RS5] a rate that does not hold", () => {
  test("leads to a finer one", () => {
    expect(search(sensitive(3))).toEqual({
      rates: ["transform-43", "transform-20"],
      found: "transform-20",
    });
  });

  test("leads to a finer one where only the flipped tokens are too many", () => {
    const measure = (rate: string): JudgedRate => {
      const { measure: quality } = sensitive(1)(rate);
      return { rate, measure: { ...quality, flips: rate === "transform-43" ? 0.03 : 0 } };
    };
    expect(search(measure).found).toBe("transform-25");
  });

  test("is the end of the search after the third", () => {
    const { rates, found } = search((rate) => costing(rate, 0.0051));
    expect(rates).toHaveLength(3);
    expect(found).toBe(false);
  });

  test("or whose measure is not a number ends the search", () => {
    expect(search((rate) => costing(rate, NaN))).toEqual({ rates: ["transform-43"], found: false });
  });
});

test("[RS6] a safe rate is never judged", () => {
  expect(lossyRates(ROW_LADDER)).not.toContain("int8");
  expect(search((rate) => costing(rate, 1), { ladder: ROW_LADDER })).toEqual({
    rates: ["int4"],
    found: false,
  });
  expect(lossyRates(TRANSFORM_LADDER)).toHaveLength(TRANSFORM_STEPS.length);
});

test("whatever is measured: three judgements at most, and what is taken holds", () => {
  const anyMeasure = fc.record({
    meanKl: fc.oneof(fc.double({ min: 0, max: 0.1 }), fc.constant(NaN)),
    p95Kl: fc.oneof(fc.double({ min: 0, max: 0.4 }), fc.constant(NaN)),
    flips: fc.oneof(fc.double({ min: 0, max: 0.1 }), fc.constant(NaN)),
  });
  const anyEarlier = fc.record({
    rate: fc.constantFrom("transform-30", "int4"),
    measure: anyMeasure,
  });
  fc.assert(
    fc.property(
      fc.array(anyMeasure, { minLength: 3, maxLength: 3 }),
      fc.array(anyEarlier, { maxLength: 4 }),
      fc.constantFrom(balanced, compact),
      (measures, earlier, budget) => {
        const queue = measures.slice();
        const seen: JudgedRate[] = [];
        const measure = (rate: string) => {
          const judged = { rate, measure: queue.shift() ?? { meanKl: 1, p95Kl: 1, flips: 1 } };
          seen.push(judged);
          return judged;
        };
        const { rates, found } = search(measure, { budget }, earlier);
        expect(new Set(rates).size).toBe(rates.length);
        expect(rates.length).toBeLessThanOrEqual(3);
        const taken = seen.find(({ rate }) => rate === found);
        if (found) expect(taken && isWithin(taken.measure, budget)).toBe(true);
        else expect(seen.every((one) => !isWithin(one.measure, budget))).toBe(true);
      },
    ),
  );
});
