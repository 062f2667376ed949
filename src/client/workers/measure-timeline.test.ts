import { afterEach, expect, test } from "vitest";
import { addToTimeline, MOST_MEASURES } from "./measure-timeline.ts";

const NAME = "chat.prefill";

afterEach(() => {
  performance.clearMeasures(NAME);
});

test("however many measures there were, the newest of them are on the timeline", () => {
  const last = 2 * MOST_MEASURES;
  for (let promptTokens = 0; promptTokens <= last; promptTokens++) {
    const startEpochMs = performance.timeOrigin + promptTokens;
    const tokens = { promptTokens, reusedTokens: 0, prefilledTokens: promptTokens };
    const detail = { runId: "run", conversationId: "one", ...tokens };
    addToTimeline({ name: NAME, startEpochMs, endEpochMs: startEpochMs + 2, detail });
  }
  const measures = performance.getEntriesByName(NAME) as PerformanceMeasure[];
  expect(measures.length).toBeGreaterThanOrEqual(MOST_MEASURES / 2);
  expect(measures.length).toBeLessThanOrEqual(MOST_MEASURES);
  const first = last - measures.length + 1;
  for (const [i, { startTime, duration, detail }] of measures.entries()) {
    expect(startTime).toBeCloseTo(first + i);
    expect(duration).toBeCloseTo(2);
    expect(detail).toMatchObject({ promptTokens: first + i });
  }
});
