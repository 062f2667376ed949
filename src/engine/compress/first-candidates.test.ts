import { expect, test } from "vitest";
import type { DeviceProfile } from "../../restore/device-profile.ts";
import { firstCandidates, whyUntransformed, type CandidateModel } from "./first-candidates.ts";

const RUN = { start: 0, tokens: 128, sinkTokens: 4 };
const MAP = { layers: 12, pairs: [{ keep: 3, share: 4 }] };
const SHAPE = { layers: 12, kvHeads: 2, headDim: 32, contextTokens: 2048 };

/** Pip; a chunk is computed in 15 ms. */
function modelThat({
  hasBasis,
  decodedInMs,
  biasedKeys,
}: {
  hasBasis: boolean;
  decodedInMs?: number;
  biasedKeys?: boolean;
}): CandidateModel {
  const rate = { fixedMs: 0, bytesPerMs: 1e5 };
  const profile: DeviceProfile = {
    read: rate,
    weights: rate,
    decode: decodedInMs === undefined ? {} : { transform: { ...rate, fixedMs: decodedInMs } },
    prefill: { tokenLayerMs: 15 / (128 * 12), tokenLayerKiloMs: 0, stepMs: 0 },
  };
  return {
    valueCoder: { hasBasis },
    cache: { shape: { ...SHAPE, biasedKeys }, rowBytes: 256 },
    restorationCosts: { profile },
  };
}

const level = "balanced" as const;
const codecsOf = (model: CandidateModel) =>
  firstCandidates(model, { map: MAP, level, runs: [RUN] }).map(({ codec, map }) => {
    return `${codec}, ${map.pairs.length} pairs`;
  });

test("[QG8] with a basis all layers are transformed together, and bits come after", () => {
  const model = modelThat({ hasBasis: true, decodedInMs: 14 });
  expect(whyUntransformed(model, { level, runs: [RUN] })).toBeUndefined();
  expect(codecsOf(model)).toEqual(["transform-30, 0 pairs", "int3-int4, 1 pairs"]);
});

test("what was never decoded here is tried", () => {
  expect(codecsOf(modelThat({ hasBasis: true }))[0]).toMatch(/^transform/);
});

test.each([
  { why: "no-basis", model: modelThat({ hasBasis: false }) },
  { why: "slow-decoding", model: modelThat({ hasBasis: true, decodedInMs: 16 }) },
])("only bits, for $why", ({ why, model }) => {
  expect(whyUntransformed(model, { level, runs: [RUN] })).toBe(why);
  expect(codecsOf(model)).toEqual(["int3-int4, 1 pairs"]);
});

test("layers of biased keys do not share: what they would share has no position to be taken back", () => {
  const model = modelThat({ hasBasis: true, biasedKeys: true });
  expect(codecsOf(model)).toEqual(["transform-30, 0 pairs", "int3-int4, 0 pairs"]);
});
