import { expect, test } from "vitest";
import { codedRuns } from "./stored-rows.ts";

test("full chunks out of the recent window are coded, and only the first has sinks", () => {
  expect(codedRuns(191)).toEqual([]);
  expect(codedRuns(192)).toEqual([{ start: 0, tokens: 128, sinkTokens: 4 }]);
  expect(codedRuns(500).map(({ start, sinkTokens }) => [start, sinkTokens])).toEqual([
    [0, 4],
    [128, 0],
    [256, 0],
  ]);
});
