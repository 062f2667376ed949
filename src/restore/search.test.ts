import fc from "fast-check";
import { expect, test } from "vitest";
import { estimateMs, sumWorkload } from "./estimate.ts";
import { simulate } from "./predict.ts";
import { SCHEMES } from "./schemes.ts";
import { searchStaircases } from "./search.ts";
import { anyProfile, anySaved, PLAIN_PROFILE, savedSequence } from "./testing.ts";
import { cutsOf, priceWorkload, type Cuts, type Workload } from "./workload.ts";

/** All staircases of a number of groups over a number of spans: frontiers that never grow with depth. */
function allStaircases(groups: number, spans: number): Cuts[] {
  if (groups === 0) return [[]];
  return Array.from({ length: spans + 1 }, (_, cut) =>
    allStaircases(groups - 1, cut).map((deeper) => [cut, ...deeper]),
  ).flat();
}

const sum = (numbers: Float64Array): number => numbers.reduce((total, one) => total + one, 0);

/** Cases in which the streams are within a factor of three of each other: there it matters how work is shared. */
const anyBalancedCase = fc
  .record({
    profile: anyProfile,
    saved: anySaved(8, 4),
    balance: fc.double({ min: 1 / 3, max: 3, noNaN: true }),
  })
  .map(({ profile, saved, balance }) => {
    const work = priceWorkload(profile, saved);
    const layers = work.layersBefore.at(-1) ?? 0;
    const computeMs = layers * sum(work.spanLayerMs);
    const factor = (balance * sum(work.readMs)) / (computeMs || 1);
    const spanLayerMs = work.spanLayerMs.map((ms) => ms * factor);
    return { ...work, spanLayerMs };
  });

/**
 * By how much the staircase that was taken is above the best one, for many cases, the worst first. The cases are the
 * same in every run, so that how rare exceptions are is a property of the search and not of the draw.
 */
function losses(lossOf: (work: Workload, all: readonly Cuts[]) => number): number[] {
  const found: number[] = [];
  fc.assert(
    fc.property(anyBalancedCase, (work) => {
      found.push(lossOf(work, allStaircases(work.groups, work.spans.length)));
    }),
    { numRuns: 300, seed: 6 },
  );
  return found.toSorted((a, b) => b - a);
}

const excess = (taken: number, least: number): number => (least > 0 ? taken / least - 1 : 0);

test("what the search finds is the best of all staircases by estimate, with few exceptions", () => {
  const sorted = losses((work, all) => {
    const sums = sumWorkload(work);
    const least = Math.min(...all.map((cuts) => estimateMs(sums, cuts)));
    return excess(searchStaircases(sums)[0]?.ms ?? Infinity, least);
  });
  expect(sorted[0]).toBeLessThan(0.2);
  expect(sorted[Math.floor(sorted.length * 0.03)]).toBeLessThan(1e-6);
});

test("what auto takes is the best of all staircases by simulation, with few exceptions", () => {
  const sorted = losses((work, all) => {
    const simulatedMs = (cuts: Cuts) => simulate(work, cuts).makespanMs;
    const taken = simulatedMs(cutsOf(work, SCHEMES.auto(work)));
    return excess(taken, Math.min(...all.map(simulatedMs)));
  });
  expect(sorted[0]).toBeLessThan(0.25);
  expect(sorted[Math.floor(sorted.length * 0.05)]).toBeLessThan(0.01);
});

// An estimate takes about a microsecond, so a plan takes a few milliseconds.
test("for 32,000 tokens in 32 layer groups some thousand staircases are looked at", () => {
  const saved = savedSequence({ chunks: 256, groups: 32, valueBytes: 100_000 });
  const read = { fixedMs: 1, bytesPerMs: 100_000 };
  const prefill = { tokenLayerMs: 0.01, tokenLayerKiloMs: 0.001, stepMs: 0.1 };
  const work = priceWorkload({ ...PLAIN_PROFILE, read, prefill }, saved);
  let looked = 0;
  searchStaircases(sumWorkload(work), (sums, cuts) => {
    looked++;
    return estimateMs(sums, cuts);
  });
  expect(looked).toBeGreaterThan(1000);
  expect(looked).toBeLessThan(8000);
});
