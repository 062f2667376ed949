import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Foresight } from "./foresight.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function foresee() {
  const foresight = new Foresight();
  const begun: string[] = [];
  const signals = new Map<string, AbortSignal>();
  const begin = (name: string, restMs: number) =>
    foresight.begin(name, restMs, (signal) => {
      begun.push(name);
      signals.set(name, signal);
      return Promise.resolve();
    });
  const isAborted = (name: string) => signals.get(name)?.aborted;
  return { foresight, begin, begun, isAborted };
}

test("what rests long enough begins, what passes does not", () => {
  const { foresight, begin, begun } = foresee();
  begin("a", 80);
  vi.advanceTimersByTime(79);
  foresight.end("a");
  begin("b", 80);
  vi.advanceTimersByTime(79);
  expect(begun).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(begun).toEqual(["b"]);
});

test("what is certain begins at once, and only once", () => {
  const { foresight, begin, begun, isAborted } = foresee();
  begin("a", 80);
  begin("a", 0);
  begin("a", 80);
  begin("a", 0);
  vi.advanceTimersByTime(100);
  expect(begun).toEqual(["a"]);
  expect(isAborted("a")).toBe(false);
  foresight.end();
  begin("a", 0);
  expect(begun).toEqual(["a", "a"]);
});

test("what is foreseen again goes on resting", () => {
  const { begin, begun } = foresee();
  begin("a", 80);
  vi.advanceTimersByTime(50);
  begin("a", 80);
  vi.advanceTimersByTime(30);
  expect(begun).toEqual(["a"]);
});

test("another event takes its place, and is not ended with it", () => {
  const { foresight, begin, begun, isAborted } = foresee();
  begin("a", 0);
  begin("b", 80);
  expect(isAborted("a")).toBe(true);
  foresight.end("a");
  vi.advanceTimersByTime(80);
  expect(begun).toEqual(["a", "b"]);
  foresight.end("b");
  expect(isAborted("b")).toBe(true);
});
