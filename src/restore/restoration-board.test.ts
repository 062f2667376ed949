import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planRestoration } from "./plan-restoration.ts";
import { RestorationBoard, type BoardStep } from "./restoration-board.ts";
import type { RestorationScheme } from "../protocol/restoration.ts";
import { SCHEMES } from "./schemes.ts";
import { spansOf, type SavedSequence } from "./staircase.ts";
import { anyProfile, anySaved, PLAIN_PROFILE, savedSequence, withHoles } from "./testing.ts";

const ALL = { runnableGroups: Infinity, beyondPlan: false, maxTokens: 128 };

function boardOf(saved: SavedSequence, cuts: readonly number[]): RestorationBoard {
  const staircase = saved.layerGroups.map((layers, group) => ({
    layers,
    frontier: (cuts[group] ?? 0) * 128,
  }));
  return new RestorationBoard(spansOf(saved), staircase);
}

/** Computes steps until there are none. */
function runAll(board: RestorationBoard, limits: Parameters<RestorationBoard["nextStep"]>[0]) {
  const steps: BoardStep[] = [];
  for (let step = board.nextStep(limits); step; step = board.nextStep(limits)) {
    steps.push(step);
    board.markComputed(step, step.tokens.end - step.tokens.start);
    expect(steps.length).toBeLessThan(1000);
  }
  return steps;
}

const placesOf = (steps: readonly BoardStep[]) =>
  steps.map(({ spans, groups }) => [spans.start, spans.end, groups.start, groups.end]);

const saved = savedSequence({ chunks: 4, groups: 3 });

describe("[RB2] the staircase", () => {
  test("is computed span by span, each through all its layers", () => {
    expect(placesOf(runAll(boardOf(saved, [3, 2, 1]), ALL))).toEqual([
      [0, 1, 0, 3],
      [1, 2, 0, 2],
      [2, 3, 0, 1],
    ]);
  });

  test("goes through equal spans at once, as far as a step may", () => {
    const limits = { ...ALL, maxTokens: 256 };
    expect(placesOf(runAll(boardOf(saved, [3, 3, 1]), limits))).toEqual([
      [0, 1, 0, 3],
      [1, 3, 0, 2],
    ]);
  });

  test("goes in rounds where weights stream in", () => {
    const board = boardOf(saved, [2, 2, 2]);
    expect(placesOf(runAll(board, { ...ALL, runnableGroups: 1 }))).toEqual([
      [0, 1, 0, 1],
      [1, 2, 0, 1],
    ]);
    expect(placesOf(runAll(board, ALL))).toEqual([
      [0, 1, 1, 3],
      [1, 2, 1, 3],
    ]);
  });

  test("[RB5] leaves out what has been loaded meanwhile", () => {
    const board = boardOf(saved, [3, 3, 3]);
    board.markLoaded(1, 2);
    for (const group of [0, 1, 2]) board.markLoaded(2, group);
    expect(placesOf(runAll(board, ALL))).toEqual([
      [0, 1, 0, 3],
      [1, 2, 0, 2],
    ]);
  });
});

describe("[RB4] beyond the plan", () => {
  const beyond = { ...ALL, beyondPlan: true };

  test("the first span that is not complete, down to what it misses", () => {
    const board = boardOf(saved, [0, 0, 0]);
    board.markLoaded(0, 2);
    board.markLoaded(0, 1);
    const step = board.nextStep(beyond);
    expect(step && placesOf([step])).toEqual([[0, 1, 0, 1]]);
  });

  test("a span that was computed to some depth goes on from there", () => {
    const board = boardOf(saved, [1, 1, 0]);
    expect(placesOf(runAll(board, ALL))).toEqual([[0, 1, 0, 2]]);
    const step = board.nextStep(beyond);
    expect(step && placesOf([step])).toEqual([[0, 1, 2, 3]]);
  });

  test("[RB3] a hole is filled when what is before it is there", () => {
    const holed = withHoles(saved, [[2, 1]]);
    const board = boardOf(holed, [0, 0, 0]);
    for (const [span, { values }] of board.spans.entries())
      for (const [group, value] of values.entries()) if (value) board.markLoaded(span, group);
    expect(placesOf(runAll(board, beyond))).toEqual([[2, 3, 0, 2]]);
    expect(board.isAllComplete).toBe(true);
  });
});

test("[RB3] a tail that is not stored runs through each layer as soon as it is complete", () => {
  const tailed = { ...saved, tokens: saved.tokens + 200 };
  const board = boardOf(tailed, [0, 0, 0]);
  const limits = { ...ALL, maxTokens: 512 };
  expect(board.nextStep(limits)).toBeUndefined();
  for (let span = 0; span < 4; span++) board.markLoaded(span, 0);
  expect(placesOf(runAll(board, limits))).toEqual([[4, 6, 0, 1]]);
  for (let span = 0; span < 4; span++) for (const group of [1, 2]) board.markLoaded(span, group);
  expect(placesOf(runAll(board, limits))).toEqual([[4, 6, 1, 3]]);
  expect(board.isAllComplete).toBe(true);
});

test("a step that was interrupted counts for its whole spans", () => {
  const board = boardOf(saved, [4, 4, 4]);
  const step = board.nextStep({ ...ALL, maxTokens: 512 });
  expect(step?.tokens).toEqual({ start: 0, end: 512 });
  expect(step && board.markComputed(step, 300)).toBe(256);
  expect(board.firstIncomplete).toBe(2);
});

test("[RB1] whatever comes when, all rows before a step are there in its layers, and it ends", () => {
  const anyCase = fc.record({
    profile: anyProfile,
    saved: anySaved(8, 4),
    name: fc.constantFrom(...(Object.keys(SCHEMES) as RestorationScheme[])),
    events: fc.infiniteStream(fc.nat()),
    maxTokens: fc.constantFrom(128, 300, 1024),
  });
  fc.assert(
    fc.property(anyCase, ({ profile, saved: sequence, name, events, maxTokens }) => {
      const event = () => Number(events.next().value);
      const board = new RestorationBoard(
        spansOf(sequence),
        planRestoration(profile, sequence, name).staircase,
      );
      const isStored = (span: number, group: number) => board.spans[span]?.values[group];
      let runnableGroups = event() % (board.groups + 1);
      for (let i = 0; i < 2000 && !board.isAllComplete; i++) {
        const [span, group] = [event() % board.spans.length, event() % board.groups];
        if (event() % 3 === 0 && isStored(span, group)) board.markLoaded(span, group);
        if (event() % 4 === 0) runnableGroups = Math.min(board.groups, runnableGroups + 1);
        const beyondPlan = event() % 2 === 0;
        const step = board.nextStep({ runnableGroups, beyondPlan, maxTokens });
        if (!step) continue;
        expect(step.groups.end).toBeLessThanOrEqual(runnableGroups);
        for (let before = 0; before < step.spans.start; before++)
          for (let of = step.groups.start; of < step.groups.end; of++)
            expect(board.isThere(before, of)).toBe(true);
        const tokens = step.tokens.end - step.tokens.start;
        board.markComputed(step, event() % 5 === 0 ? event() % tokens : tokens);
      }
      expect(board.isAllComplete).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("an empty board is complete", () => {
  const board = boardOf(savedSequence({ chunks: 0, groups: 2 }), [0, 0]);
  expect(board.isAllComplete).toBe(true);
  expect(board.nextStep({ ...ALL, beyondPlan: true })).toBeUndefined();
});

test("the planner's own profile makes the board's first step its first block", () => {
  const plan = planRestoration({ ...PLAIN_PROFILE, read: { fixedMs: 0, bytesPerMs: 1 } }, saved);
  const board = new RestorationBoard(spansOf(saved), plan.staircase);
  expect(board.nextStep(ALL)?.tokens).toEqual(plan.recompute[0]?.rows);
});
