import { expect, test } from "vitest";
import type { EngineProgress } from "../protocol/engine-progress.ts";
import { ProgressTeller } from "./progress-teller.ts";

function controlled() {
  let nowMs = 0;
  const told: EngineProgress[] = [];
  const teller = new ProgressTeller(
    (progress) => told.push(progress),
    () => nowMs,
  );
  const prompt = (doneTokens: number) => {
    teller.tell({ work: "prompt", conversationId: "c", doneTokens, totalTokens: 100 });
  };
  const wait = (ms: number) => {
    nowMs += ms;
  };
  const done = () => told.map((one) => (one.work === "answer" ? "answer" : one.doneTokens));
  return { teller, prompt, wait, done };
}

test("a second has at most ten reports of one kind of work, and the last one", () => {
  const { prompt, wait, done } = controlled();
  for (let tokens = 0; tokens < 100; tokens++) {
    prompt(tokens);
    wait(10);
  }
  prompt(100);
  expect(done()).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
});

test("another kind of work is told at once", () => {
  const { teller, prompt, done } = controlled();
  prompt(100);
  teller.tell({ work: "answer", conversationId: "c", generatedTokens: 1, tokensPerS: 0 });
  teller.tell({ work: "answer", conversationId: "c", generatedTokens: 2, tokensPerS: 9 });
  prompt(5);
  expect(done()).toEqual([100, "answer", 5]);
});
