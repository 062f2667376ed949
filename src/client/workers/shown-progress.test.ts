import { expect, test } from "vitest";
import type { EngineProgress } from "../../protocol/engine-progress.ts";
import { ShownProgress } from "./shown-progress.ts";

const reading = (conversationId = "c"): EngineProgress => ({
  work: "prompt",
  conversationId,
  doneTokens: 1,
  totalTokens: 2,
});

/** A call that ends when it is told to. */
function call() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { ended: () => ended, end };
}

test("progress is shown while a call of its conversation runs, and not longer", async () => {
  const shown = new ShownProgress();
  const { ended, end } = call();
  shown.receive(reading());
  expect(shown.getSnapshot()).toBeUndefined();
  const running = shown.during("c", ended);
  shown.receive(reading());
  shown.receive(reading("another"));
  expect(shown.getSnapshot()).toEqual(reading());
  end();
  await running;
  expect(shown.getSnapshot()).toBeUndefined();
  shown.receive(reading());
  expect(shown.getSnapshot()).toBeUndefined();
});

test("a turn that takes over from an opening goes on being shown when that has ended", async () => {
  const shown = new ShownProgress();
  const opening = call();
  const turn = call();
  const opened = shown.during("c", opening.ended);
  const answered = shown.during("c", turn.ended);
  shown.receive(reading());
  opening.end();
  await opened;
  expect(shown.getSnapshot()).toEqual(reading());
  turn.end();
  await answered;
  expect(shown.getSnapshot()).toBeUndefined();
});

test("a call that fails ends it, too", async () => {
  const shown = new ShownProgress();
  const failing = shown.during("c", () => Promise.reject(new Error("died")));
  shown.receive(reading());
  await expect(failing).rejects.toThrow("died");
  expect(shown.getSnapshot()).toBeUndefined();
});
