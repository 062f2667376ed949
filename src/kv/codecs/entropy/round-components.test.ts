import { expect, test } from "vitest";
import { encodeComponents } from "./component-codec.ts";
import { uniforms } from "./component-testing.ts";
import { MAX_CODE, MOST_APART, nearestCode, roundComponents } from "./round-components.ts";

const TOKENS = 128;
const SIDE = 96;
const SHAPE = { tokens: TOKENS, sideComponents: [SIDE, SIDE] as const };

/** Laplace-distributed levels, of components that are the weaker the later they come. */
function randomLevels(seed: number): Float32Array {
  const next = uniforms(seed);
  return Float32Array.from({ length: 2 * SIDE * TOKENS }, (_, i) => {
    const scale = 1.5 * 0.97 ** (Math.floor(i / TOKENS) % SIDE);
    const u = next.next().value - 0.5;
    return -scale * Math.sign(u) * Math.log(1 - 2 * Math.abs(u));
  });
}

/** Squared error in squared steps, and bytes, of coding levels as these codes. */
function costOf(levels: Float32Array, codes: Int16Array) {
  const error = levels.reduce((sum, level, i) => sum + (level - (codes[i] ?? NaN)) ** 2, 0);
  return { error, bytes: encodeComponents("rans", { ...SHAPE, codes }).length };
}

const inSteps = (levels: Float32Array, step: number) => levels.map((level) => level / step);

test("at the same error, codes take fewer bytes than the nearest ones", () => {
  const levels = randomLevels(3);
  const rounded = costOf(levels, roundComponents(levels, SHAPE, "rans"));
  // Nearest codes in larger steps, which take as many bytes as these.
  const nearestIn = (step: number) => {
    const scaled = inSteps(levels, step);
    const { error, bytes } = costOf(scaled, Int16Array.from(scaled, nearestCode));
    return { error: error * step ** 2, bytes };
  };
  let step = 1;
  while (nearestIn(step).bytes > rounded.bytes) step += 0.01;
  expect(nearestIn(step).error).toBeGreaterThan(1.03 * rounded.error);
});

test("codes are the nearest, or smaller by less than a step, and have the level's sign", () => {
  const levels = randomLevels(5);
  for (const variant of ["rans", "fixed"] as const) {
    const codes = roundComponents(levels, SHAPE, variant);
    const larger = levels.findIndex(
      (level, i) => Math.abs(codes[i] ?? NaN) > Math.abs(level) + 0.55,
    );
    expect(larger).toBe(-1);
    expect(levels.findIndex((level, i) => level * (codes[i] ?? NaN) < 0)).toBe(-1);
  }
});

test("only components that are 0 as a whole are further away", () => {
  const levels = randomLevels(7);
  const codes = roundComponents(levels, SHAPE, "rans");
  for (let component = 0; component < 2 * SIDE; component++) {
    const own = codes.subarray(component * TOKENS, (component + 1) * TOKENS);
    if (own.every((code) => code === 0)) continue;
    const apart = Array.from(
      own,
      (code, token) => code - (levels[component * TOKENS + token] ?? NaN),
    );
    expect(Math.max(...apart.map(Math.abs))).toBeLessThanOrEqual(MOST_APART.rans);
  }
});

test("codes that are coded again stay what they are, in spite of small errors", () => {
  const codes = roundComponents(randomLevels(11), SHAPE, "rans");
  const next = uniforms(13);
  const again = Float32Array.from(codes, (code) => code + 0.18 * (next.next().value - 0.5));
  expect(roundComponents(again, SHAPE, "rans")).toEqual(codes);
});

test("levels that are no number's size have the largest code, and fixed widths the nearest", () => {
  const levels = new Float32Array(2 * SIDE * TOKENS);
  levels.set([1e9, -1e9, 0.54, 0.56, -1.54, -1.56]);
  const fixed = roundComponents(levels, SHAPE, "fixed");
  expect([...fixed.subarray(0, 7)]).toEqual([MAX_CODE, -MAX_CODE, 0, 1, -1, -2, 0]);
  expect([...roundComponents(levels, SHAPE, "rans").subarray(0, 2)]).toEqual([MAX_CODE, -MAX_CODE]);
});
