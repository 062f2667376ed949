import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  selectPairs,
  slotsOf,
  targetPairs,
  type LayerPair,
  type PairSelection,
} from "./select-pairs.ts";

interface Case {
  layers: number;
  /** Distances of pairs; all others are 9. */
  close?: Record<string, number>;
  edgeMass?: number[];
  kinds?: string[];
  pairs?: number;
}

/** [layers, layers], from a distance for every shallower and deeper layer. */
function matrix(layers: number, distance: (keep: number, share: number) => number): number[] {
  return Array.from({ length: layers ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / layers), i % layers];
    return row === column ? 0 : distance(Math.min(row, column), Math.max(row, column));
  });
}

const THRESHOLD = 0.5;

function select({ layers, close = {}, edgeMass, kinds, pairs = layers }: Case): PairSelection {
  const all = <T>(value: T) => Array.from({ length: layers }, () => value);
  return selectPairs(
    kinds ?? all("same"),
    {
      edgeMass: edgeMass ?? all(1),
      distances: matrix(layers, (keep, share) => close[`${keep} ${share}`] ?? 9),
    },
    { edgeThreshold: THRESHOLD, target: { pairs } },
  );
}

const chosen = (one: Case) => select(one).map.pairs.map(({ keep, share }) => `${keep} ${share}`);

describe("[SP1] a layer that looks at the middle is out", () => {
  test("however close it is to another", () => {
    const edgeMass = [1, 0.49, 1, 1];
    expect(chosen({ layers: 4, close: { "0 1": 1, "2 3": 2 }, edgeMass })).toEqual(["2 3"]);
    expect(select({ layers: 4, edgeMass }).excluded).toEqual([
      { layer: 1, reason: "input-dependent", edgeMass: 0.49 },
    ]);
  });

  test("the threshold itself is enough", () => {
    expect(select({ layers: 2, edgeMass: [THRESHOLD, THRESHOLD] }).excluded).toEqual([]);
  });

  test("a mass that was not measured is too little", () => {
    expect(chosen({ layers: 3, edgeMass: [NaN, 1, 1] })).toEqual(["1 2"]);
  });
});

describe("[SP2] layers of different kind never pair", () => {
  test("however close they are", () => {
    const kinds = ["global", "local", "global", "local"];
    expect(chosen({ layers: 4, close: { "0 1": 1, "2 3": 1 }, kinds })).toEqual(["0 2", "1 3"]);
  });

  test("the only layer of its kind is out", () => {
    expect(select({ layers: 3, kinds: ["a", "b", "a"] }).excluded).toEqual([
      { layer: 1, reason: "only-of-its-kind", kind: "b" },
    ]);
  });

  test("so is the only one that SP1 left", () => {
    const { excluded, map } = select({ layers: 2, edgeMass: [0, 1] });
    expect(map.pairs).toEqual([]);
    expect(excluded.map(({ layer, reason }) => [layer, reason])).toEqual([
      [0, "input-dependent"],
      [1, "only-of-its-kind"],
    ]);
  });
});

describe("[SP3] any other two layers may pair", () => {
  test("the first with the last", () => {
    expect(chosen({ layers: 12, close: { "0 11": 1 }, pairs: 1 })).toEqual(["0 11"]);
  });

  test("unless their distance is unknown", () => {
    const close = { "0 1": NaN, "0 2": Infinity, "1 2": 8 };
    expect(chosen({ layers: 3, close })).toEqual(["1 2"]);
  });
});

describe("[SP4] the closest pair first", () => {
  test("in order of distance, not of depth", () => {
    const close = { "0 1": 3, "2 5": 1, "3 4": 2 };
    expect(chosen({ layers: 6, close })).toEqual(["2 5", "3 4", "0 1"]);
  });

  test("of equals the shallower layer, then the deeper one decides", () => {
    expect(chosen({ layers: 5 })).toEqual(["0 1", "2 3"]);
    expect(chosen({ layers: 4, close: { "0 3": 1, "1 2": 1, "0 2": 1 } })).toEqual(["0 2", "1 3"]);
  });
});

test("[SP5] no layer is in two pairs: the second closest partner has to do", () => {
  const close = { "0 1": 1, "1 2": 2, "0 2": 3, "2 3": 4 };
  expect(chosen({ layers: 4, close })).toEqual(["0 1", "2 3"]);
});

describe("[SP6] the target", () => {
  test("is not exceeded, and missed where there are no more pairs", () => {
    expect(chosen({ layers: 6, pairs: 0 })).toEqual([]);
    expect(chosen({ layers: 6, pairs: 2 })).toHaveLength(2);
    expect(chosen({ layers: 6, pairs: 9 })).toHaveLength(3);
  });

  test("as a share of the layers is rounded down", () => {
    expect(targetPairs({ layerShare: 0.29 }, 28)).toBe(8);
    expect(targetPairs({ layerShare: 0.29 }, 100)).toBe(29);
    expect(targetPairs({ layerShare: 0 }, 28)).toBe(0);
    expect(targetPairs({ pairs: 3 }, 28)).toBe(3);
  });
});

test("[SP7] the shallower layer keeps the rows; the deeper one reads its slot", () => {
  const { map } = select({ layers: 5, close: { "1 4": 1 }, pairs: 1 });
  expect(map.pairs).toEqual([{ keep: 1, share: 4 }]);
  expect(slotsOf(map)).toEqual([0, 1, 2, 3, 1]);
  const pairs = [
    { keep: 2, share: 4 },
    { keep: 0, share: 1 },
  ];
  expect(slotsOf({ layers: 5, pairs })).toEqual([0, 0, 1, 2, 1]);
  expect(slotsOf({ layers: 3, pairs: [] })).toEqual([0, 1, 2]);
});

test("evidence of another model is refused", () => {
  const limits = { edgeThreshold: 0, target: { pairs: 1 } };
  const evidence = { edgeMass: [1, 1], distances: [0, 1, 1, 0] };
  expect(() => selectPairs(["a", "a", "a"], evidence, limits)).toThrow("edge mass");
  const short = { edgeMass: [1, 1, 1], distances: [0, 1, 1, 0] };
  expect(() => selectPairs(["a", "a", "a"], short, limits)).toThrow("4 distances");
});

describe("whatever the evidence", () => {
  // Few values, so that ties are common.
  const anyCase = fc.integer({ min: 0, max: 12 }).chain((layers) => {
    const each = <T>(value: fc.Arbitrary<T>, count = layers) =>
      fc.array(value, { minLength: count, maxLength: count });
    return fc.record({
      layers: fc.constant(layers),
      kinds: each(fc.constantFrom("global", "local")),
      edgeMass: each(fc.constantFrom(0, 0.4, 0.5, 1, NaN)),
      half: each(fc.constantFrom(0, 1, 2, 3, NaN), layers ** 2),
      pairs: fc.nat(8),
    });
  });
  type AnyCase = typeof anyCase extends fc.Arbitrary<infer T> ? T : never;

  const distanceOf = ({ half, layers }: AnyCase, { keep, share }: LayerPair) =>
    half[keep * layers + share] ?? NaN;
  const run = (one: AnyCase) =>
    selectPairs(
      one.kinds,
      {
        edgeMass: one.edgeMass,
        distances: matrix(one.layers, (keep, share) => distanceOf(one, { keep, share })),
      },
      { edgeThreshold: THRESHOLD, target: { pairs: one.pairs } },
    );

  test("[SP1-SP3, SP5-SP7] every pair is one that may be, and no layer is in two", () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const { map, excluded } = run(one);
        const members = map.pairs.flatMap(({ keep, share }) => [keep, share]);
        expect(new Set(members).size).toBe(members.length);
        expect(map.pairs.length).toBeLessThanOrEqual(one.pairs);
        for (const pair of map.pairs) {
          expect(pair.keep).toBeLessThan(pair.share);
          expect(one.kinds[pair.keep]).toBe(one.kinds[pair.share]);
          expect(distanceOf(one, pair)).toBeGreaterThanOrEqual(0);
        }
        for (const { layer } of excluded) expect(members).not.toContain(layer);
        for (const layer of members) expect(one.edgeMass[layer]).toBeGreaterThanOrEqual(THRESHOLD);
      }),
    );
  });

  test("[SP4] distances rise from pair to pair, and no free pair is closer than the last", () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const { map, excluded } = run(one);
        const distances = map.pairs.map((pair) => distanceOf(one, pair));
        expect(distances).toEqual(distances.toSorted((a, b) => a - b));
        const taken = new Set(map.pairs.flatMap(({ keep, share }) => [keep, share]));
        const out = new Set(excluded.map(({ layer }) => layer));
        const free = one.kinds.flatMap((_, layer) =>
          taken.has(layer) || out.has(layer) ? [] : [layer],
        );
        const left = free
          .flatMap((keep) => free.filter((share) => share > keep).map((share) => ({ keep, share })))
          .filter(({ keep, share }) => one.kinds[keep] === one.kinds[share])
          .map((pair) => distanceOf(one, pair))
          .filter(Number.isFinite);
        // [SP6] Pairs were left only because the target was reached.
        if (map.pairs.length < one.pairs) expect(left).toEqual([]);
        const last = distances.at(-1) ?? -Infinity;
        for (const distance of left) expect(distance).toBeGreaterThanOrEqual(last);
      }),
    );
  });

  test("a smaller target takes the same pairs, fewer of them", () => {
    fc.assert(
      fc.property(anyCase, fc.nat(8), (one, fewer) => {
        const { pairs } = run(one).map;
        const less = run({ ...one, pairs: Math.min(one.pairs, fewer) }).map.pairs;
        expect(pairs.slice(0, less.length)).toEqual(less);
      }),
    );
  });
});
