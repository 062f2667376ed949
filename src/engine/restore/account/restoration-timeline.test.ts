import { describe, expect, test } from "vitest";
import type { RestorationSpan } from "../../../protocol/measures.ts";
import { RestorationTimeline } from "./restoration-timeline.ts";

const ORIGIN_MS = 1000;

function timelineOf(spans: readonly (readonly ["store" | "gpu", number, number])[]) {
  const timeline = new RestorationTimeline(ORIGIN_MS);
  for (const [stream, start, end] of spans) {
    const work: RestorationSpan["work"] = stream === "store" ? "read" : "recompute";
    const range = { start: 0, end: 1 };
    const times = { startMs: ORIGIN_MS + start, endMs: ORIGIN_MS + end };
    timeline.add({ stream, work, ...times, tokens: range, layers: range, bytes: 0 });
  }
  return timeline;
}

describe("bubble ratio", () => {
  test.each([
    [
      "both busy to the end",
      [
        ["store", 0, 10],
        ["gpu", 0, 10],
      ],
      0,
    ],
    ["one does it all", [["store", 0, 10]], 1],
    [
      "one idles half of the time",
      [
        ["store", 0, 10],
        ["gpu", 5, 10],
      ],
      0.5,
    ],
    [
      "pauses of both count",
      [
        ["store", 0, 4],
        ["store", 6, 10],
        ["gpu", 0, 8],
      ],
      0.4,
    ],
    [
      "what overlaps in one stream is busy once",
      [
        ["gpu", 0, 6],
        ["gpu", 4, 10],
      ],
      1,
    ],
    ["both wait before one does it all", [["store", 5, 10]], 1.5],
    ["nothing was done", [], 0],
  ] as const)("%s", (_, spans, expected) => {
    expect(timelineOf(spans).bubbleRatio).toBeCloseTo(expected, 9);
  });
});

test("spans are told in the order they began, from the origin", () => {
  const timeline = timelineOf([
    ["gpu", 5, 9],
    ["store", -3, 4],
  ]);
  expect(timeline.spans.map(({ stream, startMs, endMs }) => [stream, startMs, endMs])).toEqual([
    ["store", 0, 4],
    ["gpu", 5, 9],
  ]);
  expect(timeline.makespanMs).toBe(9);
});
