import { expect, test } from "vitest";
import { memoize } from "./memoize.ts";

test("nothing is made before the first call, and then once", async () => {
  let made = 0;
  const value = memoize(() => Promise.resolve(++made));
  expect(made).toBe(0);
  expect(await Promise.all([value(), value()])).toEqual([1, 1]);
  expect(await value()).toBe(1);
});

test("a failure is told to every caller", async () => {
  const failing = memoize(() => Promise.reject(new Error("no device")));
  await expect(failing()).rejects.toThrow("no device");
  await expect(failing()).rejects.toThrow("no device");
});
