import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planRestoration } from "../../restore/plan-restoration.ts";
import { savedSequence } from "../../restore/testing.ts";
import { layerMs, transferMs } from "../../restore/device-profile.ts";
import { RestorationCosts, type DevicePace } from "./restoration-costs.ts";

const PIP = { layers: 12, hidden: 192, heads: 6, kvHeads: 2, headDim: 32, ffn: 448 };

test("a software adapter is assumed to compute more slowly", () => {
  const prefillMs = (pace: DevicePace) =>
    layerMs(new RestorationCosts(PIP, pace).profile.prefill, 128, 0);
  expect(prefillMs("software")).toBeGreaterThan(10 * prefillMs("hardware"));
  expect(prefillMs("processor")).toBeLessThan(prefillMs("software"));
});

test("what was measured again and again is what is expected", () => {
  const costs = new RestorationCosts(PIP, "software");
  for (let i = 0; i < 40; i++) {
    const position = (i % 8) * 128;
    costs.learnPrefill({ tokens: 128, position, layers: 12, ms: 500 });
    costs.learn({ read: [{ bytes: 4e6, values: 10, ms: 400 }] });
  }
  const { prefill, read } = costs.profile;
  expect(12 * layerMs(prefill, 128, 512) + prefill.stepMs).toBeGreaterThan(400);
  expect(12 * layerMs(prefill, 128, 512) + prefill.stepMs).toBeLessThan(600);
  const expectedMs = transferMs({ ...read, fixedMs: 10 * read.fixedMs }, 4e6);
  expect(expectedMs).toBeGreaterThan(320);
  expect(expectedMs).toBeLessThan(480);
});

test("a run of a few tokens says nothing", () => {
  const costs = new RestorationCosts(PIP, "software");
  const before = costs.profile;
  costs.learnPrefill({ tokens: 2, position: 0, layers: 12, ms: 500 });
  expect(costs.profile).toBe(before);
});

test("what a value costs and what a byte is told apart over several restorations", () => {
  const costs = new RestorationCosts(PIP, "software");
  const ofSize = (bytes: number) => ({
    read: Array.from({ length: 10 }, () => ({ bytes, values: 1, ms: 5 + bytes / 500 })),
  });
  for (const bytes of [393_000, 93_000, 393_000]) costs.learn(ofSize(bytes));
  for (const bytes of [393_000, 93_000])
    expect(transferMs(costs.profile.read, bytes)).toBeCloseTo(5 + bytes / 500, 0);
});

test("a store that has become another one is known after one restoration", () => {
  const costs = new RestorationCosts(PIP, "software");
  const at = (bytesPerMs: number) => ({
    read: Array.from({ length: 13 }, () => ({
      bytes: 393_000,
      values: 1,
      ms: 393_000 / bytesPerMs,
    })),
  });
  for (let i = 0; i < 3; i++) costs.learn(at(90_000));
  costs.learn(at(500));
  expect(transferMs(costs.profile.read, 393_000)).toBeCloseTo(786, -1);
});

test("whatever was kept, a restoration is planned", () => {
  const number = fc.constantFrom(0, 1e-300, 1e-3, 1, 1e12, 1e308, Infinity, NaN, -1);
  const cost = fc.record({ fixedMs: number, bytesPerMs: number });
  const kept = fc.record({
    profile: fc.record({
      read: cost,
      weights: cost,
      decode: fc.record({ exact: cost, f16: cost, __proto__: cost }),
      prefill: fc.record({ tokenLayerMs: number, tokenLayerKiloMs: number, stepMs: number }),
    }),
    reads: fc.array(fc.record({ bytes: number, values: number, ms: number })),
    prefills: fc.array(fc.record({ tokens: number, position: number, layers: number, ms: number })),
    compileMs: number,
  });
  fc.assert(
    fc.property(kept, (found) => {
      const costs = new RestorationCosts(PIP, "software");
      costs.adopt(found);
      costs.learn({ read: [{ bytes: 1e6, values: 2, ms: 400 }] });
      costs.learnPrefill({ tokens: 128, position: 0, layers: 12, ms: 9 });
      expect(costs.compileMs).toBeLessThan(Infinity);
      const saved = savedSequence({ chunks: 4, groups: 3, family: "f16" });
      const { prediction } = planRestoration(costs.profile, saved, "auto");
      expect(prediction.makespanMs).toBeLessThan(Infinity);
    }),
  );
});

describe("kept over a reload", () => {
  const learnt = () => {
    const costs = new RestorationCosts(PIP, "software");
    costs.learn({ read: [{ bytes: 1e6, values: 2, ms: 400 }] });
    costs.learnCompile(777);
    return costs;
  };

  test("the next visit goes on from it", () => {
    const next = new RestorationCosts(PIP, "software");
    expect(next.knowsReads).toBe(false);
    next.adopt(structuredClone(learnt().record));
    expect(next.profile).toEqual(learnt().profile);
    expect(next.compileMs).toBe(777);
    expect(next.knowsReads).toBe(true);
  });

  test("what decoding took is kept for each family, and for lineages as far as they say the family", () => {
    const next = new RestorationCosts(PIP, "software");
    const cost = (fixedMs: number) => ({ fixedMs, bytesPerMs: 1e5 });
    const { profile } = learnt();
    const decode = { exact: cost(7), balanced: cost(8), transform: cost(9) };
    next.adopt({ profile: { ...profile, decode } });
    expect(next.profile.decode).toEqual({ f16: cost(7), transform: cost(9) });
    next.adopt({ profile: { ...profile, decode: { compact: cost(8) } } });
    expect(next.profile.decode).toEqual({ f16: cost(7), transform: cost(9) });
  });

  test("what was measured before it came is not forgotten", () => {
    const next = new RestorationCosts(PIP, "software");
    for (let i = 0; i < 12; i++) next.learnPrefill({ tokens: 128, position: 0, layers: 12, ms: 9 });
    next.learnCompile(1234);
    next.adopt(structuredClone(learnt().record));
    expect(12 * layerMs(next.profile.prefill, 128, 0)).toBeLessThan(100);
    expect(next.compileMs).toBe(1234);
  });

  test.each([undefined, null, "profile", { profile: {} }, { profile: { read: {} }, compileMs: 1 }])(
    "%j changes nothing",
    (kept) => {
      const costs = new RestorationCosts(PIP, "software");
      const before = costs.profile;
      costs.adopt(kept);
      expect(costs.profile).toBe(before);
    },
  );
});
