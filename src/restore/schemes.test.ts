import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RestorationScheme } from "../protocol/restoration.ts";
import { SCHEMES } from "./schemes.ts";
import { staircaseFault } from "./staircase.ts";
import { anyProfile, anySaved, PLAIN_PROFILE, savedSequence } from "./testing.ts";
import { priceWorkload } from "./workload.ts";

const names = Object.keys(SCHEMES) as RestorationScheme[];

describe.each(names)("every scheme: %s", (name) => {
  const scheme = SCHEMES[name];

  test("makes a staircase over what is stored, the same one each time", () => {
    fc.assert(
      fc.property(anyProfile, anySaved(20, 8), (profile, saved) => {
        const staircase = scheme(priceWorkload(profile, saved));
        expect(staircaseFault(staircase, saved)).toBeUndefined();
        expect(scheme(priceWorkload(profile, structuredClone(saved)))).toEqual(staircase);
      }),
      { numRuns: 60 },
    );
  });

  test("has nothing to do for an empty sequence", () => {
    const saved = savedSequence({ chunks: 0, groups: 2 });
    const staircase = scheme(priceWorkload(PLAIN_PROFILE, saved));
    expect(staircase.map(({ frontier }) => frontier)).toEqual([0, 0]);
  });
});

test("split takes half of the tokens whatever each way costs", () => {
  const slowStore = { ...PLAIN_PROFILE, read: { fixedMs: 0, bytesPerMs: 1e-3 } };
  const work = priceWorkload(slowStore, savedSequence({ chunks: 8, groups: 2 }));
  expect(SCHEMES.split(work).map(({ frontier }) => frontier / 128)).toEqual([4, 4]);
  expect(SCHEMES.cake(work).map(({ frontier }) => frontier / 128)).toEqual([8, 8]);
});

describe("the shapes", () => {
  /** Computing a layer of a span takes about as long as reading a value. */
  const profile = { ...PLAIN_PROFILE, read: { fixedMs: 0, bytesPerMs: 1000 / 128 } };
  const saved = savedSequence({ chunks: 12, groups: 6 });
  const frontiers = (name: RestorationScheme) =>
    SCHEMES[name](priceWorkload(profile, saved)).map(({ frontier }) => frontier / 128);

  test.each<[RestorationScheme, number[]]>([
    ["recompute", [12, 12, 12, 12, 12, 12]],
    ["load", [0, 0, 0, 0, 0, 0]],
    ["split", [6, 6, 6, 6, 6, 6]],
    ["cake", [6, 6, 6, 6, 6, 6]],
    ["layerwise", [12, 12, 12, 0, 0, 0]],
    ["krul", [11, 9, 7, 5, 3, 1]],
  ])("%s", (name, expected) => expect(frontiers(name)).toEqual(expected));
});
