import { expect, test } from "vitest";
import { holesOf } from "./token-ranges.ts";

const range = (start: number, end: number) => ({ start, end });

test.each([
  { why: "nothing covered", covered: [], holes: [range(2, 10)] },
  { why: "all covered", covered: [range(0, 4), range(4, 10)], holes: [] },
  {
    why: "a hole in front, between and behind",
    covered: [range(3, 4), range(6, 8)],
    holes: [range(2, 3), range(4, 6), range(8, 10)],
  },
  {
    why: "overlaps, and ranges that reach outside",
    covered: [range(0, 5), range(4, 6), range(9, 12)],
    holes: [range(6, 9)],
  },
])("$why", ({ covered, holes }) => {
  expect(holesOf(covered, range(2, 10))).toEqual(holes);
});
