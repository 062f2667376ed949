import fc from "fast-check";
import { expect, test } from "vitest";
import { parseProfile, parseSamples } from "./parse-profile.ts";
import { anyProfile, PLAIN_PROFILE } from "./testing.ts";

test("a profile that was kept is the same afterwards", () => {
  fc.assert(
    fc.property(anyProfile, (profile) => {
      expect(parseProfile(structuredClone(profile))).toEqual(profile);
    }),
  );
});

test("one from before it had what families make first has nothing of that", () => {
  const { prepare, ...before } = { ...PLAIN_PROFILE, decode: { f16: PLAIN_PROFILE.read } };
  expect(parseProfile(structuredClone(before))).toEqual({ ...before, prepare });
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
  ["a rate of next to nothing", { ...PLAIN_PROFILE, read: { fixedMs: 1, bytesPerMs: 1e-300 } }],
  ["a time without end", { ...PLAIN_PROFILE, weights: { fixedMs: 1e308, bytesPerMs: 1 } }],
  [
    "very many codec families",
    { ...PLAIN_PROFILE, decode: new Array(5000).fill(PLAIN_PROFILE.read) },
  ],
  ["no codec family", { ...PLAIN_PROFILE, decode: {} }],
  ["half a codec family", { ...PLAIN_PROFILE, decode: { int4: { fixedMs: 1 } } }],
  ["half of what a family makes", { ...PLAIN_PROFILE, prepare: { transform: { fixedMs: 1 } } }],
])("one with %s is none", (_, kept) => {
  expect(parseProfile(kept)).toBeUndefined();
});

test("of kept measurements, those that are none are left out", () => {
  const good = { bytes: 1, values: 2, ms: 3 };
  const kept = [
    good,
    { bytes: 1, ms: 3 },
    null,
    { ...good, ms: -1 },
    { ...good, values: "2" },
    good,
  ];
  expect(parseSamples(kept, ["bytes", "values", "ms"], 9)).toEqual([good, good]);
  for (const none of [undefined, {}, "samples"]) expect(parseSamples(none, ["ms"], 9)).toEqual([]);
});

test("of very many measurements, the last are kept", () => {
  const kept = Array.from({ length: 100_000 }, (_, ms) => ({ ms }));
  expect(parseSamples(kept, ["ms"], 2)).toEqual([{ ms: 99_998 }, { ms: 99_999 }]);
  expect(parseSamples([{ ms: 1e308 }], ["ms"], 2)).toEqual([]);
});
