import { expect, test } from "vitest";
import { SlicedReplay } from "./sliced-replay.ts";

const LAYERS = 3;
const TOKENS = Uint32Array.from({ length: 20 }, (_, i) => 7 + i);

/** A transformer that records its steps, as "position: tokens, layers", and aborts after so many. */
function recorder(abortAfter = Infinity) {
  const controller = new AbortController();
  const steps: string[] = [];
  const record = (step: string) => {
    steps.push(step);
    if (steps.length === abortAfter) controller.abort();
  };
  const transformer = {
    replayTokens: 12,
    replayedTokens: 64,
    stepTokens: 64,
    replayLayers(
      tokens: Uint32Array,
      position: number,
      { layers, at }: { layers: { start: number; end: number }; at: number },
    ) {
      expect(position).toBe(5 + at);
      expect(tokens[0]).toBe(7 + at);
      record(`${at}: ${tokens.length}, ${layers.start}-${layers.end}`);
    },
    replayLogits(tokens: Uint32Array, position: number, { at }: { at: number }) {
      expect(position).toBe(5 + at);
      record(`${at}: ${tokens.length}, head`);
      return Promise.resolve([...tokens].map((token) => Float32Array.of(token)));
    },
  };
  const device = { stepMs: 500, queue: { onSubmittedWorkDone: () => Promise.resolve() } };
  const { signal } = controller;
  const replay = new SlicedReplay(device, transformer, LAYERS, {
    tokens: TOKENS,
    start: 5,
    signal,
  });
  return { steps, replay };
}

test("runs all tokens through all layers, and gives the logits after each", async () => {
  const { steps, replay } = recorder();
  expect(await replay.run({ start: 0, end: 1 })).toBe(true);
  expect(steps.splice(0)).toEqual(["0: 16, 0-1", "16: 4, 0-1"]);
  expect(await replay.run({ start: 1, end: 3 })).toBe(true);
  // The first pieces have shown that more can be run at once.
  expect(steps.splice(0)).toEqual(["0: 20, 1-2", "0: 20, 2-3"]);
  const logits: number[] = [];
  const done = await replay.logits((token, [one]) => (logits[token] = one ?? NaN));
  expect(done).toBe(true);
  expect(logits).toEqual([...TOKENS]);
  expect(steps).toEqual(["0: 12, head", "12: 8, head"]);
});

test("stops between two pieces, in the layers and in the head", async () => {
  const early = recorder(1);
  expect(await early.replay.run({ start: 0, end: LAYERS })).toBe(false);
  expect(early.steps).toHaveLength(1);
  const late = recorder(6);
  await late.replay.run({ start: 0, end: LAYERS });
  expect(late.steps.length).toBeLessThan(6);
  const visited: number[] = [];
  while (late.steps.length < 5) late.steps.push("");
  expect(await late.replay.logits((token) => visited.push(token))).toBe(false);
  expect(visited).toHaveLength(12);
});
