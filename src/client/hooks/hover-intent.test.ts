import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HoverIntent } from "./hover-intent.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function open() {
  const intent = new HoverIntent();
  const begun: string[] = [];
  const signals = new Map<string, AbortSignal>();
  const begin = (name: string, restMs: number) =>
    intent.begin(name, restMs, (signal) => {
      begun.push(name);
      signals.set(name, signal);
      return Promise.resolve();
    });
  const isAborted = (name: string) => signals.get(name)?.aborted;
  return { intent, begin, begun, isAborted };
}

test("what rests long enough begins, what passes does not", () => {
  const { intent, begin, begun } = open();
  begin("a", 80);
  vi.advanceTimersByTime(79);
  intent.end("a");
  begin("b", 80);
  vi.advanceTimersByTime(79);
  expect(begun).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(begun).toEqual(["b"]);
});

test("what is certain begins at once, and only once", () => {
  const { intent, begin, begun, isAborted } = open();
  begin("a", 80);
  begin("a", 0);
  begin("a", 80);
  begin("a", 0);
  vi.advanceTimersByTime(100);
  expect(begun).toEqual(["a"]);
  expect(isAborted("a")).toBe(false);
  intent.end();
  begin("a", 0);
  expect(begun).toEqual(["a", "a"]);
});

test("what is pending again goes on resting", () => {
  const { begin, begun } = open();
  begin("a", 80);
  vi.advanceTimersByTime(50);
  begin("a", 80);
  vi.advanceTimersByTime(30);
  expect(begun).toEqual(["a"]);
});

test("another event takes its place, and is not ended with it", () => {
  const { intent, begin, begun, isAborted } = open();
  begin("a", 0);
  begin("b", 80);
  expect(isAborted("a")).toBe(true);
  intent.end("a");
  vi.advanceTimersByTime(80);
  expect(begun).toEqual(["a", "b"]);
  intent.end("b");
  expect(isAborted("b")).toBe(true);
});
