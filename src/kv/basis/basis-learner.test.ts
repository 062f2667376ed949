import { describe, expect, test } from "vitest";
import { ranksFor } from "./basis-learner.ts";
import { basisBytes } from "../codecs/transform/basis-file.ts";

const SHAPE = { kvHeads: 2, headDim: 32 };
const GROUPS = [
  { start: 0, end: 4 },
  { start: 4, end: 5 },
];

describe("ranksFor", () => {
  const bytesWith = (counts: readonly number[]) =>
    basisBytes({ ...SHAPE, wideComponents: 32 }, [
      { layers: 4, components: [counts[0] ?? 0, counts[0] ?? 0] },
      { layers: 1, components: [counts[1] ?? 0, counts[1] ?? 0] },
    ]);

  test("as many components as 8 % of the weights have room for", () => {
    const weightBytes = 700_000;
    const [first, second] = ranksFor(weightBytes, SHAPE, GROUPS);
    const count = first?.components[0] ?? 0;
    expect(count).toBeGreaterThan(10);
    expect(first).toEqual({ layers: GROUPS[0], components: [count, count] });
    expect(second).toEqual({ layers: GROUPS[1], components: [count, count] });
    expect(bytesWith([count, count])).toBeLessThanOrEqual(0.08 * weightBytes);
    expect(bytesWith([count + 1, count + 1])).toBeGreaterThan(0.08 * weightBytes);
  });

  test("no more than a group has channels", () => {
    const all = ranksFor(1e9, SHAPE, GROUPS);
    expect(all.map(({ components }) => components[0])).toEqual([256, 64]);
  });

  test("none where even one is too many", () => {
    expect(ranksFor(1000, SHAPE, GROUPS).map(({ components }) => components[0])).toEqual([0, 0]);
  });
});
