import { expect, test } from "vitest";
import { spansOf, staircaseFault } from "./staircase.ts";
import { savedSequence } from "./testing.ts";

const rows = (saved: Parameters<typeof spansOf>[0]) =>
  spansOf(saved).map(({ start, end, values }) => [start, end, values.filter(Boolean).length]);

const saved = savedSequence({ chunks: 3, groups: 2 });

test("a span is a stored chunk", () => {
  expect(rows(saved)).toEqual([
    [0, 128, 2],
    [128, 256, 2],
    [256, 384, 2],
  ]);
});

test("what is not stored is cut at whole steps", () => {
  const chunks = saved.chunks.slice(1, 2);
  expect(rows({ ...saved, tokens: 400, chunks })).toEqual([
    [0, 128, 0],
    [128, 256, 2],
    [256, 384, 0],
    [384, 400, 0],
  ]);
});

test("a tail that is not stored begins where the last chunk ends", () => {
  const [first] = saved.chunks;
  const chunks = [{ start: 0, tokens: 50, values: first?.values ?? [] }];
  expect(rows({ ...saved, tokens: 200, chunks })).toEqual([
    [0, 50, 2],
    [50, 128, 0],
    [128, 200, 0],
  ]);
});

test("resident rows are in no span; of a chunk that is resident in part there is the rest", () => {
  expect(rows({ ...saved, residentTokens: 200 })).toEqual([
    [200, 256, 2],
    [256, 384, 2],
  ]);
});

test("chunks that overlap, run over the end or hold other layers are refused", () => {
  const [first, second] = saved.chunks;
  const of = (...chunks: (typeof first)[]) => ({
    ...saved,
    chunks: chunks.flatMap((c) => c ?? []),
  });
  expect(() => spansOf(of(second, first))).toThrow("out of place");
  expect(() => spansOf({ ...saved, tokens: 300 })).toThrow("out of place");
  const layers = { start: 0, end: 2 };
  const value = { layers, bytes: 1, family: "f16" };
  expect(() => spansOf(of({ start: 0, tokens: 128, values: [value] }))).toThrow("no layer group");
});

test("what is no staircase is told", () => {
  const [upper, lower] = [
    { start: 0, end: 1 },
    { start: 1, end: 2 },
  ] as const;
  const stairs = (a: number, b: number) => [
    { layers: upper, frontier: a },
    { layers: lower, frontier: b },
  ];
  expect(staircaseFault(stairs(256, 128), saved)).toBeUndefined();
  expect(staircaseFault(stairs(384, 0), saved)).toBeUndefined();
  expect(staircaseFault(stairs(128, 256), saved)).toMatch("more than the one above");
  expect(staircaseFault(stairs(100, 0), saved)).toMatch("inside a chunk");
  expect(staircaseFault(stairs(256, 128).slice(1), saved)).toMatch("1 stairs for 2");
  expect(staircaseFault(stairs(256, 128).toReversed(), saved)).toMatch("no layer group");
});
