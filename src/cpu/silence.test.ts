import { expect, test } from "vitest";
import { silenceAfter } from "./silence.ts";

const MINUTE_MS = 60_000;

test("looks that follow each other add up to what the clock says", () => {
  expect([0.1, 0.1, 30, 0.2, 500].reduce(silenceAfter, 0)).toBeCloseTo(530.4);
});

test("a machine that slept for hours has kept its threads silent for a second", () => {
  expect([0.1, 300 * MINUTE_MS, 0.1].reduce(silenceAfter, 0)).toBeCloseTo(1000.2);
});
