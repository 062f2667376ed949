import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planRestoration, type Block } from "./plan-restoration.ts";
import type { RestorationScheme } from "../protocol/restoration.ts";
import { SCHEMES } from "./schemes.ts";
import { staircaseFault, type SavedSequence } from "./staircase.ts";
import { anyProfile, anySaved, PLAIN_PROFILE, savedSequence, withHoles } from "./testing.ts";

const names = Object.keys(SCHEMES) as RestorationScheme[];
const anyCase = fc.record({ profile: anyProfile, saved: anySaved(20, 8) });
const runs = { numRuns: 80 };

const frontiers = ({ staircase }: ReturnType<typeof planRestoration>) =>
  staircase.map(({ frontier }) => frontier / 128);

test("[RP1] the plan is a staircase", () => {
  fc.assert(
    fc.property(anyCase, ({ profile, saved }) => {
      const { staircase } = planRestoration(profile, saved);
      expect(staircaseFault(staircase, saved)).toBeUndefined();
    }),
    runs,
  );
});

/** How often each row of each layer comes, at `row × layers + layer`. */
function timesBrought(saved: SavedSequence, blocks: readonly Block[]): Uint8Array {
  const layers = saved.layerGroups.at(-1)?.end ?? 0;
  const times = new Uint8Array(saved.tokens * layers);
  for (const { rows, layers: of } of blocks)
    for (let row = rows.start; row < rows.end; row++)
      for (let layer = of.start; layer < of.end; layer++) {
        const at = row * layers + layer;
        times[at] = (times[at] ?? 0) + 1;
      }
  return times;
}

test.each(names)("[RP2] every row comes once: %s", (name) => {
  fc.assert(
    fc.property(anyCase, ({ profile, saved }) => {
      const { loads, recompute, holes } = planRestoration(profile, saved, name);
      const times = timesBrought(saved, [...loads, ...recompute, ...holes]);
      const residentRows = saved.residentTokens * (saved.layerGroups.at(-1)?.end ?? 0);
      expect(times.subarray(0, residentRows).every((time) => time === 0)).toBe(true);
      expect(times.subarray(residentRows).every((time) => time === 1)).toBe(true);
    }),
    runs,
  );
});

test("[RP3] nothing is loaded that is not stored", () => {
  fc.assert(
    fc.property(anyCase, ({ profile, saved }) => {
      for (const { rows, layers } of planRestoration(profile, saved).loads) {
        const chunk = saved.chunks.find(({ start, tokens }) => start + tokens === rows.end);
        expect(chunk?.values.some((value) => value.layers.start === layers.start)).toBe(true);
      }
    }),
    runs,
  );
});

test("[RP3] a hole does not make what is before it be recomputed", () => {
  const saved = withHoles(savedSequence({ chunks: 4, groups: 2 }), [[2, 1]]);
  const { holes, recompute } = planRestoration(PLAIN_PROFILE, saved, "load");
  expect(recompute).toEqual([]);
  expect(holes).toEqual([{ rows: { start: 256, end: 384 }, layers: { start: 0, end: 2 } }]);
});

test("[RP4] what is before a hole comes layer by layer, then what is behind it from the back", () => {
  const saved = withHoles(savedSequence({ chunks: 5, groups: 2 }), [[2, 0]]);
  const { loads } = planRestoration(PLAIN_PROFILE, saved, "load");
  expect(loads.map(({ rows, layers }) => [rows.start / 128, layers.start])).toEqual([
    [1, 0],
    [0, 0],
    [1, 1],
    [0, 1],
    [4, 1],
    [4, 0],
    [3, 1],
    [3, 0],
    [2, 1],
  ]);
});

test("[RP4] with a frontier, what is before a hole comes from the back too", () => {
  const saved = withHoles(savedSequence({ chunks: 6, groups: 1 }), [[4, 0]]);
  const slow = { ...PLAIN_PROFILE, read: { fixedMs: 128, bytesPerMs: 1e9 } };
  const { loads, staircase } = planRestoration(slow, saved, "split");
  expect(staircase[0]?.frontier).toBe(3 * 128);
  expect(loads.map(({ rows }) => rows.start / 128)).toEqual([3, 5]);
  const cake = planRestoration(slow, saved, "cake");
  const frontier = (cake.staircase[0]?.frontier ?? 0) / 128;
  const before = Array.from({ length: 4 - frontier }, (_, i) => 3 - i);
  expect(cake.loads.map(({ rows }) => rows.start / 128)).toEqual([...before, 5]);
});

describe("[RP5] auto", () => {
  test("takes no longer than any other scheme", () => {
    fc.assert(
      fc.property(anyCase, ({ profile, saved }) => {
        const makespanMs = (name: RestorationScheme) =>
          planRestoration(profile, saved, name).prediction.makespanMs;
        const auto = makespanMs("auto");
        for (const name of names) expect(auto).toBeLessThanOrEqual(makespanMs(name) * (1 + 1e-9));
      }),
      runs,
    );
  });

  test.each([
    { why: "a fast store: load", bytesPerMs: 1e6, tokenLayerMs: 100, cuts: [0, 0, 0] },
    { why: "a fast GPU: recompute", bytesPerMs: 0.01, tokenLayerMs: 1e-6, cuts: [8, 8, 8] },
  ])("$why", ({ bytesPerMs, tokenLayerMs, cuts }) => {
    const read = { fixedMs: 0, bytesPerMs };
    const prefill = { tokenLayerMs, tokenLayerKiloMs: 0, stepMs: 0 };
    const saved = savedSequence({ chunks: 8, groups: 3 });
    const plan = planRestoration({ ...PLAIN_PROFILE, read, prefill }, saved);
    expect(frontiers(plan)).toEqual(cuts);
  });

  test("keeps both busy to the end when they are as fast", () => {
    const read = { fixedMs: 0, bytesPerMs: 1000 / 128 };
    const saved = savedSequence({ chunks: 32, groups: 4 });
    const { prediction } = planRestoration({ ...PLAIN_PROFILE, read }, saved);
    expect(prediction.makespanMs).toBeCloseTo((32 * 4 * 128) / 2, 0);
    expect(prediction.bubbleRatio).toBeLessThan(0.001);
  });

  test("recomputes the upper layers further where the deeper ones are small", () => {
    const saved = savedSequence({ chunks: 16, groups: 4 });
    const chunks = saved.chunks.map((chunk) => ({
      ...chunk,
      values: chunk.values.map((value, i) => ({ ...value, bytes: i < 2 ? 1000 : 10 })),
    }));
    const read = { fixedMs: 0, bytesPerMs: 1000 / 128 };
    const plan = planRestoration({ ...PLAIN_PROFILE, read }, { ...saved, chunks });
    const [first = 0, second = 0, third = 0, last = 0] = frontiers(plan);
    expect((first + second) / 2).toBe(8);
    expect(Math.max(third, last)).toBeLessThan(2);
  });

  test("on a cold resume recomputes more of the layers whose weights come first", () => {
    const saved = savedSequence(
      { chunks: 16, groups: 4 },
      { weightBytes: [300_000, 300_000, 300_000, 300_000] },
    );
    const read = { fixedMs: 0, bytesPerMs: 1000 / 128 };
    const [first = 0, ...others] = frontiers(planRestoration({ ...PLAIN_PROFILE, read }, saved));
    expect(first).toBeGreaterThan(others.at(-1) ?? 0);
  });
});

test("[RP6] of plans that take equally long the one with less work is taken", () => {
  // While the weights come, the GPU could recompute all of it and be done no later than by loading.
  const saved = savedSequence({ chunks: 4, groups: 2 }, { weightBytes: [0, 1e6] });
  const free = { ...PLAIN_PROFILE, read: { fixedMs: 0, bytesPerMs: 1e9 } };
  expect(planRestoration(free, saved).prediction.recomputeMs).toBe(0);
});

test("[RP7] the same input makes the same plan", () => {
  fc.assert(
    fc.property(anyCase, ({ profile, saved }) => {
      const again = planRestoration(structuredClone(profile), structuredClone(saved));
      expect(again).toEqual(planRestoration(profile, saved));
    }),
    { numRuns: 20 },
  );
});
