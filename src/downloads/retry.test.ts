import { expect, test } from "vitest";
import { EngineError } from "../shared/engine-error.ts";
import { retryDelayMs, withRetries, TransientError, realTiming } from "./retry.ts";

const NOW_MS = Date.UTC(2026, 10, 29, 12, 0, 0);

const delayMs = (tries: number, retryAfter: string | null = null, random = 0) =>
  retryDelayMs({ tries, retryAfter }, { nowMs: () => NOW_MS, random: () => random });

test("RT1: there is no fourth try, whatever the server asks for", () => {
  expect(delayMs(3)).toBeUndefined();
  expect(delayMs(3, "1")).toBeUndefined();
});

test("RT2: waits grow fourfold, and their second half is drawn", () => {
  expect([delayMs(1), delayMs(2)]).toEqual([250, 1000]);
  const most = 1 - Number.EPSILON;
  expect(delayMs(1, null, most)).toBeCloseTo(500);
  expect(delayMs(2, null, most)).toBeCloseTo(2000);
});

test.each([
  ["0", 250],
  ["5", 5000],
  [" 30 ", 30_000],
  ["Sun, 29 Nov 2026 12:00:20 GMT", 20_000],
  ["Sun, 29 Nov 2026 11:00:00 GMT", 250],
  ["soon", 250],
  ["-5", 250],
  ["1e9", 250],
  ["", 250],
])("RT3: Retry-After %j waits %i ms", (retryAfter, expected) => {
  expect(delayMs(1, retryAfter)).toBe(expected);
});

test.each(["31", "9".repeat(400), "Sun, 29 Nov 2026 12:01:00 GMT"])(
  "RT4: nobody waits for Retry-After %s",
  (retryAfter) => {
    expect(delayMs(1, retryAfter)).toBeUndefined();
  },
);

const unreachable = { code: "model-unreachable", url: "https://models.test/" } as const;

test("what is no trouble of a moment is not tried again", async () => {
  let tries = 0;
  const attempt = () => {
    tries++;
    return Promise.reject(new EngineError(unreachable));
  };
  const { signal } = new AbortController();
  await expect(withRetries(attempt, signal, realTiming)).rejects.toThrow(EngineError);
  expect(tries).toBe(1);
});

test("an abort ends the wait at once", async () => {
  const abort = new AbortController();
  const attempt = () => {
    abort.abort();
    return Promise.reject(new TransientError(unreachable, "30"));
  };
  await expect(withRetries(attempt, abort.signal, realTiming)).rejects.toMatchObject({
    failure: { code: "cancelled" },
  });
});
