import fc from "fast-check";
import { expect, test } from "vitest";
import { parseProfile } from "./parse-profile.ts";
import { anyProfile, PLAIN_PROFILE } from "./testing.ts";

test("a profile that was kept is the same afterwards", () => {
  fc.assert(
    fc.property(anyProfile, (profile) => {
      expect(parseProfile(structuredClone(profile))).toEqual(profile);
    }),
  );
});

test("anything else is none", () => {
  fc.assert(
    fc.property(fc.anything(), (kept) => {
      expect(parseProfile(kept)).toBeUndefined();
    }),
  );
});

test.each([
  ["a rate of zero", { ...PLAIN_PROFILE, read: { fixedMs: 1, bytesPerMs: 0 } }],
  ["a negative time", { ...PLAIN_PROFILE, weights: { fixedMs: -1, bytesPerMs: 1 } }],
  ["no number", { ...PLAIN_PROFILE, prefill: { ...PLAIN_PROFILE.prefill, stepMs: NaN } }],
  ["no codec", { ...PLAIN_PROFILE, decode: {} }],
  ["half a codec", { ...PLAIN_PROFILE, decode: { int4: { fixedMs: 1 } } }],
])("one with %s is none", (_, kept) => {
  expect(parseProfile(kept)).toBeUndefined();
});
