import { expect, test } from "vitest";
import { replay } from "./replay.ts";

/** A transformer that records its steps and aborts after the given number of them. A token's logits are its id. */
function recorder(abortAfter = Infinity) {
  const controller = new AbortController();
  const steps: { tokens: number[]; position: number }[] = [];
  const replayStep = (tokens: Uint32Array, position: number) => {
    steps.push({ tokens: [...tokens], position });
    if (steps.length === abortAfter) controller.abort();
    return Promise.resolve([...tokens].map((token) => Float32Array.of(token)));
  };
  return { steps, transformer: { replayTokens: 4, replayStep }, signal: controller.signal };
}

const TOKENS = Uint32Array.of(7, 8, 9, 10, 11);

test("cuts at the longest step, keeps positions, gives the logits after each token", async () => {
  const { steps, transformer, signal } = recorder();
  const logits = await replay(transformer, TOKENS, { start: 3, signal });
  expect(logits).toEqual([...TOKENS].map((token) => Float32Array.of(token)));
  expect(steps).toEqual([
    { tokens: [7, 8, 9, 10], position: 3 },
    { tokens: [11], position: 7 },
  ]);
});

test("stops between steps", async () => {
  const { steps, transformer, signal } = recorder(1);
  expect(await replay(transformer, TOKENS, { start: 0, signal })).toBeUndefined();
  expect(steps).toHaveLength(1);
});
