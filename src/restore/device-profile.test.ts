import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeMs,
  prepareMs,
  fitPrefill,
  fitTransfer,
  layerMs,
  refreshProfile,
  transferMs,
  type PrefillSample,
  type TransferSample,
} from "./device-profile.ts";
import { PLAIN_PROFILE } from "./testing.ts";

const sample = (bytes: number, ms: number, values = 1): TransferSample => ({ bytes, values, ms });

const READ = { fixedMs: 1.25, bytesPerMs: 400_000 };
const sizes = [64, 256, 1024, 4096, 16_384].map((kib) => kib * 1024);
const reads = sizes.map((bytes) => sample(bytes, transferMs(READ, bytes)));

describe("fitting", () => {
  test("a transfer's cost comes back from what it explains", () => {
    fc.assert(
      fc.property(
        fc.record({
          fixedMs: fc.double({ min: 0.01, max: 10, noNaN: true }),
          bytesPerMs: fc.double({ min: 1e3, max: 1e7, noNaN: true }),
        }),
        (cost) => {
          const samples = [1, 2, 8, 64].map((n) => {
            const bytes = n * 100 * cost.bytesPerMs * cost.fixedMs;
            return sample(bytes, n * cost.fixedMs + bytes / cost.bytesPerMs, n * n);
          });
          const exact = samples.map((one) => ({
            ...one,
            ms: one.values * cost.fixedMs + one.bytes / cost.bytesPerMs,
          }));
          const fitted = fitTransfer(exact);
          expect(fitted.fixedMs / cost.fixedMs).toBeCloseTo(1, 3);
          expect(fitted.bytesPerMs / cost.bytesPerMs).toBeCloseTo(1, 3);
        },
      ),
    );
  });

  test("one cost describes small and large values, as they were measured", () => {
    // Measured MB/s of IndexedDB after a restart, for values of 64 KiB to 16 MiB that are arrays.
    const measured = [
      [65_536, 39],
      [1_048_576, 201],
      [4_194_304, 224],
      [16_777_216, 250],
    ].map(([bytes = 0, rate = 1]) => sample(bytes, bytes / (rate * 1000)));
    const cost = fitTransfer(measured);
    for (const { bytes, ms } of measured)
      expect(Math.abs(transferMs(cost, bytes) / ms - 1)).toBeLessThan(0.2);
  });

  test.each([30, 0.4])("a measurement that took %f times as long changes little", (factor) => {
    const disturbed = reads.map((one, i) => (i === 2 ? { ...one, ms: one.ms * factor } : one));
    const fitted = fitTransfer([...disturbed, ...reads.slice(0, 2)]);
    expect(fitted.fixedMs / READ.fixedMs).toBeCloseTo(1, 1);
    expect(fitted.bytesPerMs / READ.bytesPerMs).toBeCloseTo(1, 1);
  });

  test("no coefficient is negative, whatever was measured", () => {
    const any = fc.record({
      bytes: fc.integer({ min: 0, max: 1e7 }),
      values: fc.integer({ min: 1, max: 100 }),
      ms: fc.double({ min: 0, max: 1e4, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 1, maxLength: 8 }), (samples) => {
        const { fixedMs, bytesPerMs } = fitTransfer(samples);
        expect(fixedMs).toBeGreaterThanOrEqual(0);
        expect(bytesPerMs).toBeGreaterThan(0);
        expect(Number.isFinite(fixedMs) && Number.isFinite(bytesPerMs)).toBe(true);
      }),
    );
  });

  test("a single measurement is explained by its bytes alone", () => {
    const fitted = fitTransfer([sample(1000, 10)]);
    expect(fitted.fixedMs).toBe(0);
    expect(fitted.bytesPerMs).toBeCloseTo(100, 6);
  });

  test("a prefill's cost comes back from steps at several positions", () => {
    const cost = { tokenLayerMs: 0.02, tokenLayerKiloMs: 0.005, stepMs: 3 };
    const samples = [0, 512, 1024, 4096].flatMap((position) =>
      [16, 128].map((tokens): PrefillSample => {
        const ms = cost.stepMs + 12 * layerMs(cost, tokens, position);
        return { tokens, position, layers: 12, ms };
      }),
    );
    const fitted = fitPrefill(samples);
    expect(fitted.tokenLayerMs).toBeCloseTo(cost.tokenLayerMs, 4);
    expect(fitted.tokenLayerKiloMs).toBeCloseTo(cost.tokenLayerKiloMs, 4);
    expect(fitted.stepMs).toBeCloseTo(cost.stepMs, 2);
  });
});

describe("refreshing", () => {
  const profile = { ...PLAIN_PROFILE, read: READ };
  const twiceAsSlow = sizes.map((bytes) => sample(bytes, 2 * transferMs(READ, bytes)));
  const slowdown = (samples: readonly TransferSample[]) =>
    transferMs(refreshProfile(profile, { read: samples }).read, 2 ** 20) /
    transferMs(READ, 2 ** 20);

  test("without samples nothing changes", () => {
    const refreshed = refreshProfile(profile, {});
    expect(refreshed.read.fixedMs).toBeCloseTo(READ.fixedMs, 9);
    expect(refreshed.read.bytesPerMs / READ.bytesPerMs).toBeCloseTo(1, 9);
    expect(refreshed.decode).toEqual(profile.decode);
  });

  test("one sample moves the cost a little, many that agree all the way", () => {
    expect(slowdown(twiceAsSlow.slice(2, 3))).toBeGreaterThan(1.02);
    expect(slowdown(twiceAsSlow.slice(2, 3))).toBeLessThan(1.4);
    expect(slowdown([...twiceAsSlow, ...twiceAsSlow, ...twiceAsSlow])).toBeCloseTo(2, 0);
  });

  test("one that is far off moves it no further than another, up or down", () => {
    expect(slowdown([sample(2 ** 20, 5000)])).toBeLessThan(1.4);
    expect(slowdown([sample(2 ** 20, 0)])).toBeGreaterThan(0.6);
  });

  test("a dozen reads of a store that has become a hundred times slower are believed", () => {
    const slow = Array.from({ length: 12 }, (_, i) => {
      const bytes = (300 + 20 * i) * 1000;
      return sample(bytes, 100 * transferMs(READ, bytes));
    });
    expect(slowdown(slow)).toBeGreaterThan(60);
    expect(slowdown(slow)).toBeLessThan(140);
  });

  test("what samples of one size leave open stays as it was", () => {
    const { read } = refreshProfile(profile, { read: reads.slice(2, 3) });
    expect(read.fixedMs).toBeCloseTo(READ.fixedMs, 3);
  });

  test("a codec family that is new is learnt from its first samples", () => {
    const { decode } = refreshProfile(profile, { decode: { int4: [sample(1000, 5)] } });
    expect(decode.int4 && transferMs(decode.int4, 1000)).toBeCloseTo(5, 3);
    expect(decode.f16).toEqual(profile.decode.f16);
  });

  test("what a family makes first is learnt as it is measured", () => {
    expect(prepareMs(profile, "transform", 0)).toBe(0);
    expect(prepareMs(profile, "transform", 2e6)).toBeGreaterThan(0);
    const taking = (ms: number) => ({ prepare: { transform: [{ bytes: 4e6, values: 0, ms }] } });
    const once = refreshProfile(profile, taking(800));
    expect(prepareMs(once, "transform", 2e6)).toBeCloseTo(400, 3);
    expect(prepareMs(once, "another", 2e6)).toBe(prepareMs(profile, "another", 2e6));
    const busy = prepareMs(refreshProfile(once, taking(1600)), "transform", 2e6);
    expect(busy).toBeGreaterThan(400);
    expect(busy).toBeLessThan(800);
  });
});

test("a codec family that has not been measured costs what the slowest does", () => {
  const slow = { fixedMs: 2, bytesPerMs: 10 };
  const profile = { ...PLAIN_PROFILE, decode: { ...PLAIN_PROFILE.decode, int4: slow } };
  expect(decodeMs(profile, "unheard of", 1000)).toBe(102);
  expect(decodeMs(profile, undefined, 1000)).toBe(102);
});

test("a family that is decoded for the first time takes as long at other rates: it has as many numbers there", () => {
  const f16 = { fixedMs: 0.1, bytesPerMs: 1e6 };
  const profile = { ...PLAIN_PROFILE, decode: { f16 } };
  const samples = Array.from({ length: 4 }, () => ({ bytes: 50_000, values: 1, ms: 10 }));
  const { decode } = refreshProfile(profile, { decode: { transform: samples } });
  const cost = decode["transform"];
  expect(cost && transferMs(cost, 50_000)).toBeCloseTo(10, 1);
  expect(cost && transferMs(cost, 25_000)).toBeGreaterThan(9);
});
