import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  SHARING_STRATEGIES,
  type SharingEvidence,
  type SharingStrategyName,
} from "./sharing-strategies.ts";

/** Distances [layers, layers], symmetric, with a different one for every two layers. */
function matrix(layers: number, distance: (keep: number, share: number) => number): number[] {
  return Array.from({ length: layers ** 2 }, (_, i) => {
    const [row, column] = [Math.floor(i / layers), i % layers];
    return row === column ? 0 : distance(Math.min(row, column), Math.max(row, column));
  });
}

/** Six layers of one kind. Layers 1 and 4 attend alike; in the first conversation layers 0 and 3 did. */
const EVIDENCE: SharingEvidence = {
  kinds: Array.from({ length: 6 }, () => "same"),
  kvDistances: matrix(6, (keep, share) => (keep === 0 && share === 5 ? 99 : share - keep)),
  edgeThreshold: 0.5,
  conversation: {
    edgeMass: [1, 1, 0, 1, 1, 1],
    distances: matrix(6, (keep, share) => (keep === 1 && share === 4 ? 1 : 10 + share)),
  },
  firstConversation: {
    edgeMass: [1, 1, 1, 1, 1, 1],
    distances: matrix(6, (keep, share) => (keep === 0 && share === 3 ? 1 : 10 + share)),
  },
};

const pairsOf = (name: SharingStrategyName, pairs: number, evidence = EVIDENCE) =>
  SHARING_STRATEGIES[name]
    .select(evidence, { pairs })
    .pairs.map(({ keep, share }) => `${keep} ${share}`);

test("none shares nothing, whatever the target", () => {
  expect(SHARING_STRATEGIES.none.select(EVIDENCE, { pairs: 3 })).toEqual({ layers: 6, pairs: [] });
});

describe("static", () => {
  test("takes neighbours from the last layers backwards", () => {
    expect(pairsOf("static", 2)).toEqual(["4 5", "2 3"]);
    expect(pairsOf("static", 9)).toEqual(["4 5", "2 3", "0 1"]);
  });

  test("steps over a neighbour of another kind by one layer", () => {
    const kinds = ["a", "a", "a", "b", "b", "a"];
    expect(pairsOf("static", 9, { ...EVIDENCE, kinds })).toEqual(["3 4", "1 2"]);
  });
});

describe("kvsharer", () => {
  test("takes the least alike first, of equals the shallower", () => {
    expect(pairsOf("kvsharer", 3)).toEqual(["0 5", "1 4", "2 3"]);
    const equal = { ...EVIDENCE, kvDistances: matrix(6, () => 1) };
    expect(pairsOf("kvsharer", 2, equal)).toEqual(["0 1", "2 3"]);
  });

  test("leaves out a distance that is not known", () => {
    const kvDistances = matrix(6, (_, share) => (share === 5 ? NaN : share));
    expect(pairsOf("kvsharer", 1, { ...EVIDENCE, kvDistances })).toEqual(["0 4"]);
  });

  test("does not look at the conversation", () => {
    const other = { ...EVIDENCE, conversation: EVIDENCE.firstConversation };
    expect(pairsOf("kvsharer", 3, other)).toEqual(pairsOf("kvsharer", 3));
  });
});

test("krul follows this conversation: its closest layers, none that depends on the input", () => {
  expect(pairsOf("krul", 1)).toEqual(["1 4"]);
  // Layer 2 is left out, so that one of the five others is left over.
  expect(pairsOf("krul", 9)).toEqual(["1 4", "0 3"]);
});

test("krul-frozen follows the first conversation, whichever this is", () => {
  expect(pairsOf("krul-frozen", 1)).toEqual(["0 3"]);
  const other = { ...EVIDENCE, conversation: EVIDENCE.firstConversation };
  expect(pairsOf("krul-frozen", 9)).toEqual(pairsOf("krul", 9, other));
});

test("every strategy is found by its own name", () => {
  for (const [name, strategy] of Object.entries(SHARING_STRATEGIES))
    expect(strategy.name).toBe(name);
});

describe.each(Object.values(SHARING_STRATEGIES))("whatever the evidence, $name", (strategy) => {
  const anyEvidence = fc.integer({ min: 0, max: 10 }).chain((layers) => {
    const each = <T>(value: fc.Arbitrary<T>, count = layers) =>
      fc.array(value, { minLength: count, maxLength: count });
    const distances = each(fc.constantFrom(0, 1, 2, 3, NaN), layers ** 2);
    const mass = each(fc.constantFrom(0, 0.5, 1));
    const attention = fc.record({ edgeMass: mass, distances });
    return fc.record<SharingEvidence>({
      kinds: each(fc.constantFrom("global", "local")),
      kvDistances: distances,
      edgeThreshold: fc.constantFrom(0, 0.5),
      conversation: attention,
      firstConversation: attention,
    });
  });

  test("[SP2, SP5-SP7] makes disjoint pairs of one kind, the shallower first, to the target at most", () => {
    fc.assert(
      fc.property(anyEvidence, fc.double({ min: 0, max: 1, noNaN: true }), (evidence, share) => {
        const layers = evidence.kinds.length;
        const before = structuredClone(evidence);
        const map = strategy.select(evidence, { layerShare: share });
        const members = map.pairs.flatMap(({ keep, share: deeper }) => [keep, deeper]);
        expect(map.layers).toBe(layers);
        expect(new Set(members).size).toBe(members.length);
        expect(map.pairs.length).toBeLessThanOrEqual(share * layers + 1e-9);
        for (const { keep, share: deeper } of map.pairs) {
          expect(keep).toBeLessThan(deeper);
          expect(evidence.kinds[keep]).toBe(evidence.kinds[deeper]);
        }
        expect(evidence).toEqual(before);
        expect(structuredClone(map)).toEqual(strategy.select(evidence, { layerShare: share }));
      }),
    );
  });

  test("[SP6] a smaller target takes the same pairs, fewer of them", () => {
    fc.assert(
      fc.property(anyEvidence, fc.nat(5), fc.nat(5), (evidence, few, more) => {
        const all = strategy.select(evidence, { pairs: few + more }).pairs;
        const less = strategy.select(evidence, { pairs: few }).pairs;
        expect(all.slice(0, less.length)).toEqual(less);
      }),
    );
  });
});
