import { expect, test } from "vitest";
import { remainingMs } from "./remaining-time.ts";

test("before anything is done, the prediction holds", () => {
  expect(remainingMs({ elapsedMs: 50, doneMs: 0, leftMs: 400 })).toBe(400);
});

test("what took twice as long as predicted goes on like that", () => {
  expect(remainingMs({ elapsedMs: 200, doneMs: 100, leftMs: 400 })).toBe(800);
  expect(remainingMs({ elapsedMs: 50, doneMs: 100, leftMs: 400 })).toBe(200);
});

test("a first step that took for ever does not make the rest take for ever", () => {
  expect(remainingMs({ elapsedMs: 60_000, doneMs: 10, leftMs: 400 })).toBe(3200);
  expect(remainingMs({ elapsedMs: 0, doneMs: 10, leftMs: 400 })).toBe(50);
});
