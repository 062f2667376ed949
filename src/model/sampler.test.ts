import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRandom, Sampler, samplerSettings, type SamplerSettings } from "./sampler.ts";

const PLAIN: SamplerSettings = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
};
const NONE: ReadonlySet<number> = new Set();

interface Case extends Partial<SamplerSettings> {
  activeVocab?: number;
  seen?: ReadonlySet<number>;
}

/** The token that is drawn at `draw` of the way through the kept ones. */
function sampleAt(logits: readonly number[], draw: number, change: Case = {}): number {
  const { activeVocab = logits.length, seen = NONE, ...settings } = change;
  const sampler = new Sampler(activeVocab);
  return sampler.sample(Float32Array.from(logits), { ...PLAIN, ...settings }, seen, () => draw);
}

/** Every token that some draw leads to. */
function reachable(logits: readonly number[], change: Case = {}): number[] {
  const draws = Array.from({ length: 2000 }, (_, step) => step / 2000);
  const ids = new Set(draws.map((draw) => sampleAt(logits, draw, change)));
  return [...ids].toSorted((a, b) => a - b);
}

const logsOf = (probabilities: readonly number[]) => probabilities.map(Math.log);

describe("which tokens are kept", () => {
  test.each([
    {
      why: "[SA1] padding is never chosen",
      logits: [1, 0, 99],
      with: { activeVocab: 2 },
      kept: [0, 1],
    },
    {
      why: "[SA5] every token of some weight can be chosen",
      logits: [2, 1, 0],
      with: {},
      kept: [0, 1, 2],
    },
    { why: "[SA5] a masked token cannot", logits: [-Infinity, 1, 0], with: {}, kept: [1, 2] },
    { why: "[SA6] the k likeliest", logits: [0, 3, 1, 2], with: { topK: 2 }, kept: [1, 3] },
    { why: "[SA6] lower ids on a tie", logits: [1, 1, 1, 2], with: { topK: 2 }, kept: [0, 3] },
    {
      why: "[SA6] k past the vocabulary keeps all",
      logits: [1, 0],
      with: { topK: 9 },
      kept: [0, 1],
    },
    {
      why: "[SA7] at least half as likely as the likeliest",
      logits: logsOf([0.5, 0.26, 0.24]),
      with: { minP: 0.5 },
      kept: [0, 1],
    },
    { why: "[SA7] the likeliest always", logits: [5, 1], with: { minP: 1 }, kept: [0] },
    {
      why: "[SA8] as few as reach p",
      logits: logsOf([0.1, 0.5, 0.3, 0.1]),
      with: { topP: 0.75 },
      kept: [1, 2],
    },
    { why: "[SA8] reaching p is enough", logits: [1, 1, 1, 1], with: { topP: 0.5 }, kept: [0, 1] },
    { why: "[SA8] at least one", logits: [0, 0.1], with: { topP: 0 }, kept: [1] },
    {
      why: "[SA8] p is of what top-k kept",
      logits: logsOf([0.4, 0.3, 0.3]),
      with: { topK: 2, topP: 0.55 },
      kept: [0],
    },
    {
      why: "[SA8] p is of what top-k kept, not of what min-p kept",
      logits: logsOf([0.5, 0.3, 0.2]),
      with: { minP: 0.5, topP: 0.6 },
      kept: [0, 1],
    },
    {
      why: "[SA5] before [SA8]: a low temperature needs fewer to reach p",
      logits: logsOf([0.5, 0.3, 0.2]),
      with: { temperature: 0.1, topP: 0.75 },
      kept: [0],
    },
  ])("$why", ({ logits, with: change, kept }) => {
    expect(reachable(logits, change)).toEqual(kept);
  });
});

test("[SA8] tokens of less than a thousandth each are kept while p is not reached", () => {
  const flat = Array.from({ length: 5000 }, () => 0.5);
  expect(sampleAt(flat, 1 - 2 ** -32, { topP: 0.5 })).toBe(2499);
});

describe("repetition penalty", () => {
  test("[SA3] divides positive and multiplies negative logits of what was seen", () => {
    const greedy = { temperature: 0, repetitionPenalty: 2 };
    expect(sampleAt([3, 2], 0, { ...greedy, seen: new Set([0]) })).toBe(1);
    expect(sampleAt([-1, -1.5], 0, { ...greedy, seen: new Set([0]) })).toBe(1);
    expect(sampleAt([3, 1], 0, { ...greedy, seen: new Set([0]) })).toBe(0);
  });

  test("[SA3] ids of no token are passed over, and the model's logits stay as they are", () => {
    const logits = Float32Array.of(1, 2);
    const settings = { ...PLAIN, temperature: 0, repetitionPenalty: 3 };
    expect(new Sampler(2).sample(logits, settings, new Set([1, 7]), () => 0)).toBe(0);
    expect([...logits]).toEqual([1, 2]);
  });
});

describe("greedy", () => {
  test("[SA4] the likeliest, the lowest id on a tie, without a draw", () => {
    const settings = { ...PLAIN, temperature: 0 };
    const noDraw = () => {
      throw new Error("drawn");
    };
    const logits = Float32Array.of(1, 5, 5, 2);
    expect(new Sampler(4).sample(logits, settings, NONE, noDraw)).toBe(1);
  });
});

describe("bugs", () => {
  test("[SA2] NaN, and nothing finite", () => {
    expect(() => sampleAt([1, NaN], 0)).toThrow("a logit is NaN");
    expect(() => sampleAt([-Infinity, -Infinity], 0)).toThrow("no logit is finite");
    expect(() => sampleAt([Infinity, 1], 0)).toThrow("no logit is finite");
    expect(sampleAt([1, NaN], 0, { activeVocab: 1 })).toBe(0);
  });

  test("fewer logits than tokens", () => {
    expect(() => sampleAt([1], 0, { activeVocab: 2 })).toThrow("fewer logits");
  });
});

describe("the draw", () => {
  test("[SA9] tokens come as often as their probability says", () => {
    const probabilities = [0.5, 0.25, 0.15, 0.1];
    const logits = Float32Array.from(logsOf(probabilities));
    const sampler = new Sampler(4);
    for (const change of [{}, { topK: 3 }, { topP: 0.99 }]) {
      const random = createRandom(7);
      const counts = [0, 0, 0, 0];
      const draws = 20_000;
      for (let draw = 0; draw < draws; draw++) {
        const id = sampler.sample(logits, { ...PLAIN, ...change }, NONE, random);
        counts[id] = (counts[id] ?? 0) + 1;
      }
      const kept = "topK" in change ? 0.9 : 1;
      // The tolerance of 0.015 is more than four standard deviations of the likeliest token's share.
      probabilities.slice(0, 3).forEach((probability, id) => {
        expect(Math.abs((counts[id] ?? 0) / draws - probability / kept)).toBeLessThan(0.015);
      });
    }
  });

  test("[SA9] the highest draw still gives a token, at any temperature", () => {
    const logits = fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1 });
    const temperature = fc.double({ min: 0, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(
        logits,
        temperature,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (row, t, topP) => {
          const id = sampleAt(row, 1 - 2 ** -32, { temperature: t, topP });
          expect(row[id]).toBeDefined();
        },
      ),
    );
  });
});

/** Applies the rules once more, with a full sort. */
function keptBy(logits: readonly number[], settings: SamplerSettings): number[] {
  const row = Array.from(Float32Array.from(logits));
  const best = Math.max(...row);
  const sorted = row
    .map((logit, id) => ({ id, logit, weight: Math.exp((logit - best) / settings.temperature) }))
    .toSorted((a, b) => b.logit - a.logit || a.id - b.id)
    .slice(0, settings.topK || undefined);
  const mass = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let before = 0;
  const kept = sorted.filter(({ weight }, rank) => {
    const reached = settings.topP < 1 && before >= settings.topP * mass;
    before += weight;
    return weight >= settings.minP && (rank === 0 || !reached);
  });
  return kept.map(({ id }) => id);
}

test("[SA5..SA9] the same tokens are kept as by a full sort", () => {
  // Quarters are exact and tie often, and the least likely of them still weighs more than the last draw.
  const logit = fc.integer({ min: -10, max: 10 }).map((quarters) => quarters / 4);
  const settings = fc.record({
    temperature: fc.constantFrom(0.3, 0.7, 1, 2),
    topK: fc.constantFrom(0, 1, 2, 5, 40),
    topP: fc.constantFrom(0.05, 0.3, 0.9, 0.95, 1),
    minP: fc.constantFrom(0, 0.05, 0.3),
    repetitionPenalty: fc.constant(1),
  });
  fc.assert(
    fc.property(
      fc.array(logit, { minLength: 1, maxLength: 60 }),
      settings,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (logits, given, draw) => {
        const kept = keptBy(logits, given);
        expect(kept).toContain(sampleAt(logits, draw, given));
        const limited = given.topK > 0 && given.topK < logits.length;
        if (!limited && given.topP === 1) kept.sort((a, b) => a - b);
        const ends = [sampleAt(logits, 0, given), sampleAt(logits, 1 - 2 ** -32, given)];
        expect(ends).toEqual([kept[0], kept.at(-1)]);
      },
    ),
    { numRuns: 1000 },
  );
});

describe("createRandom", () => {
  test("gives sfc32's published numbers", () => {
    const first = (seed: number) => {
      const random = createRandom(seed);
      return [random(), random(), random()].map((value) => value * 2 ** 32);
    };
    expect(first(0)).toEqual([1363572419, 145230303, 808754475]);
    expect(first(42)).toEqual([1264412219, 1947509147, 3919439299]);
    // These numbers were computed from the definition in another language.
    expect(first(2 ** 53 - 1)).toEqual([3268402823, 2602357022, 3266425223]);
    expect(first(-1)).toEqual([3339006752, 3678934910, 3081961671]);
  });

  test("[SA9] the same seed draws the same tokens", () => {
    const logits = Float32Array.from({ length: 50 }, (_, id) => Math.sin(id));
    const tokens = (seed: number) => {
      const random = createRandom(seed);
      const sampler = new Sampler(50);
      return Array.from({ length: 30 }, () => sampler.sample(logits, PLAIN, NONE, random));
    };
    expect(tokens(5)).toEqual(tokens(5));
    expect(tokens(5)).not.toEqual(tokens(6));
  });
});

describe("samplerSettings", () => {
  const defaults = { temperature: 0.7, topP: 0.9, repetitionPenalty: 1.1 };

  test("absent fields take the model's defaults", () => {
    expect(samplerSettings({ temperature: 0, minP: 0.1 }, defaults)).toEqual({
      temperature: 0,
      topK: 0,
      topP: 0.9,
      minP: 0.1,
      repetitionPenalty: 1.1,
    });
  });

  test.each([
    { temperature: -1 },
    { temperature: NaN },
    { topK: 1.5 },
    { topP: 1.1 },
    { minP: -0.1 },
    { repetitionPenalty: 0 },
  ])("%j is a bug", (options) => {
    expect(() => samplerSettings(options, defaults)).toThrow("invariant");
  });
});
