import { describe, expect, test } from "vitest";
import { sharingAtEqualBytes, type MeasuredPoint } from "./equal-bytes.ts";

/** KL grows with the square of the ratio, which is a straight line where both axes are logarithmic. */
const BITS: readonly MeasuredPoint[] = [
  { ratio: 1, kl: 0 },
  { ratio: 2, kl: 0.004 },
  { ratio: 4, kl: 0.016 },
  { ratio: 8, kl: 0.064 },
];

const at = (ratio: number, kl = 1, bits = BITS) => sharingAtEqualBytes(bits, { ratio, kl });

describe("what fewer bits cost in the same bytes", () => {
  test("EB1: a codec that another one beats is not on the curve, in whatever order they come", () => {
    const beaten = [
      { ratio: 4, kl: 0.02 },
      { ratio: 3.5, kl: 0.016 },
      { ratio: 3, kl: 0.5 },
    ];
    const bits = [...beaten, ...BITS].reverse();
    for (const ratio of [1.5, 2, 3, 3.7, 4, 5])
      expect(at(ratio, 1, bits).klAtEqualBytes).toBeCloseTo(at(ratio).klAtEqualBytes, 12);
  });

  test("EB1: two that are equal are one", () => {
    expect(at(4, 1, [...BITS, { ratio: 4, kl: 0.016 }]).klAtEqualBytes).toBeCloseTo(0.016, 12);
    expect(at(3, 1, [...BITS, { ratio: 4, kl: 0.016 }]).klAtEqualBytes).toBeCloseTo(0.009, 12);
    expect(at(16, 1, [...BITS, { ratio: 8, kl: 0.064 }]).klAtEqualBytes).toBeCloseTo(0.256, 12);
  });

  test("EB2: below the mildest codec it is that codec, however little is saved", () => {
    for (const ratio of [1, 1.08, 1.5, 2]) expect(at(ratio).klAtEqualBytes).toBe(0.004);
  });

  test("EB3: a measured point is itself, and between two the logarithms are on a line", () => {
    expect(at(4).klAtEqualBytes).toBeCloseTo(0.016, 12);
    expect(at(3).klAtEqualBytes).toBeCloseTo(0.009, 12);
    expect(at(5).klAtEqualBytes).toBeCloseTo(0.025, 12);
    expect(at(5).extrapolated).toBe(false);
  });

  test("EB4: past the last codec the line goes on, and the answer says so", () => {
    expect(at(8).extrapolated).toBe(false);
    expect(at(16)).toMatchObject({ extrapolated: true });
    expect(at(16).klAtEqualBytes).toBeCloseTo(0.256, 12);
  });

  test("EB4: one point makes no line, and none nothing", () => {
    const one = [{ ratio: 2, kl: 0.004 }];
    expect(at(1.5, 0.001, one)).toMatchObject({ klAtEqualBytes: 0.004, sharingPays: true });
    expect(at(3, 0, one)).toMatchObject({ klAtEqualBytes: NaN, sharingPays: false });
    expect(at(3, 0, [])).toMatchObject({ klAtEqualBytes: NaN, sharingPays: false });
  });

  test("EB5: sharing pays only below what the bits cost", () => {
    expect(at(4, 0.0159).sharingPays).toBe(true);
    expect(at(2, 0.004).sharingPays).toBe(false);
    expect(at(4, 0.02).sharingPays).toBe(false);
    expect(at(4, NaN).sharingPays).toBe(false);
  });
});
