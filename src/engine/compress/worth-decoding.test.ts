import { expect, test } from "vitest";
import type { DeviceProfile } from "../../restore/device-profile.ts";
import { isWorthDecoding } from "./worth-decoding.ts";

const profile: DeviceProfile = {
  read: { fixedMs: 1, bytesPerMs: 1e5 },
  decode: { f16: { fixedMs: 0, bytesPerMs: 1e6 }, transform: { fixedMs: 10, bytesPerMs: 1000 } },
  // 128 tokens through 12 layers: 15 ms, and 30 ms a thousand positions later.
  prefill: { tokenLayerMs: 15 / (128 * 12), tokenLayerKiloMs: 15 / (128 * 12), stepMs: 1 },
  weights: { fixedMs: 1, bytesPerMs: 1e5 },
};

const chunk = (start: number, valueBytes: number[], family = "transform") =>
  isWorthDecoding(profile, { start, family, valueBytes, layers: 12 });

test("a chunk is worth decoding if that takes no longer than computing it", () => {
  expect(chunk(0, [4000])).toBe(true);
  expect(chunk(0, [8000])).toBe(false);
  // Later tokens have more to attend to.
  expect(chunk(1024, [8000])).toBe(true);
  // Each value has its own fixed cost.
  expect(chunk(0, [2000, 2000])).toBe(false);
});

test("what was never decoded here is, until it was", () => {
  expect(chunk(0, [8000], "rows")).toBe(true);
});
