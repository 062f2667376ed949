import { expect, test } from "vitest";
import { AwakeTime } from "./awake-time.ts";

function awakeMs(gaps: readonly number[]): number {
  const time = new AwakeTime();
  let nowMs = 1000;
  time.mark(nowMs);
  for (const gap of gaps) time.mark((nowMs += gap));
  return time.ms;
}

test("AT1: what takes long now and then is work, and so is what always takes long", () => {
  expect(awakeMs([])).toBe(0);
  expect(awakeMs([10, 10, 2900, 10])).toBe(2930);
  expect(awakeMs([4000, 4000, 9000])).toBe(17_000);
});

test("AT2: an hour of sleep counts as one more token", () => {
  expect(awakeMs([20, 30, 3_600_000, 25])).toBe(100);
  expect(awakeMs([5000, 60_000, 5000])).toBe(15_000);
});

test("what was interrupted does not count, however short", () => {
  const time = new AwakeTime();
  time.mark(0);
  time.mark(10);
  time.pause();
  time.mark(500);
  time.mark(520);
  expect(time.ms).toBe(30);
});

test("AT3: the first gap counts", () => {
  expect(awakeMs([60_000])).toBe(60_000);
});
