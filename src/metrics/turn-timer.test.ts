import { expect, test } from "vitest";
import type { EngineMeasure } from "../protocol/measures.ts";
import { TurnTimer } from "./turn-timer.ts";

const RUN = { runId: "r", conversationId: "c" };

/** A timer whose clock moves only when a test moves it, and what it has emitted. */
function controlled() {
  let nowMs = 1000;
  const measures: EngineMeasure[] = [];
  const timer = new TurnTimer(
    RUN,
    (measure) => measures.push(measure),
    () => nowMs,
  );
  return {
    timer,
    measures,
    wait: (ms: number) => {
      nowMs += ms;
    },
  };
}

test("known delays are found where they were put, and the parts sum to the whole", () => {
  const { timer, measures, wait } = controlled();
  wait(5);
  timer.planned();
  wait(40);
  timer.prefilled({ promptTokens: 12, reusedTokens: 9 });
  wait(1);
  timer.token(); // Half a character, which is no text yet.
  wait(10);
  timer.token();
  timer.text();
  wait(20);
  timer.token();
  timer.text();
  timer.finished();

  expect(measures).toEqual([
    {
      name: "chat.prefill",
      startEpochMs: 1005,
      endEpochMs: 1045,
      detail: { ...RUN, promptTokens: 12, reusedTokens: 9, prefilledTokens: 3 },
    },
    {
      name: "chat.ttft",
      startEpochMs: 1000,
      endEpochMs: 1056,
      detail: { ...RUN, breakdown: { planMs: 5, prefillMs: 40, firstTokenMs: 11 } },
    },
    {
      name: "chat.decode",
      startEpochMs: 1046,
      endEpochMs: 1076,
      detail: { ...RUN, generatedTokens: 3, tpotMs: 15 },
    },
  ]);
});

test("one token has no gap, none has no decode measure", () => {
  const one = controlled();
  one.timer.token();
  one.timer.finished();
  expect(one.measures[0]).toMatchObject({ detail: { generatedTokens: 1, tpotMs: 0 } });

  const none = controlled();
  none.timer.finished();
  expect(none.measures).toEqual([]);
});

test("sleep is part of the measure's stretch, and not of the time per token", () => {
  const { timer, measures, wait } = controlled();
  wait(5);
  timer.token();
  timer.text();
  for (const gapMs of [20, 20, 600_000, 20]) {
    wait(gapMs);
    timer.token();
  }
  expect(timer.tokensPerS).toBeCloseTo(50);
  expect(timer.times).toEqual({ ttftMs: 5, decodeMs: 80 });
  timer.finished();
  expect(measures.at(-1)).toMatchObject({ detail: { generatedTokens: 5, tpotMs: 20 } });
});
