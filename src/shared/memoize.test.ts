import { expect, test } from "vitest";
import { memoize, memoizeByKey } from "./memoize.ts";

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

test("each key's value is made once, also for those who ask while it is being made", async () => {
  const known = new Map<string, Promise<string>>();
  const made: string[] = [];
  const valueOf = (key: string) =>
    memoizeByKey(known, key, () => {
      made.push(key);
      return Promise.resolve(`value of ${key}`);
    });
  expect(await Promise.all([valueOf("a"), valueOf("b"), valueOf("a")])).toEqual([
    "value of a",
    "value of b",
    "value of a",
  ]);
  expect(await valueOf("b")).toBe("value of b");
  expect(made).toEqual(["a", "b"]);
});

test("a key's failure is told to all who ask for that key, and to nobody else", async () => {
  const known = new Map<string, Promise<string>>();
  const failing = () =>
    memoizeByKey(known, "a", () => Promise.reject<string>(new Error("device lost")));
  await expect(failing()).rejects.toThrow("device lost");
  await expect(memoizeByKey(known, "a", () => Promise.resolve("late"))).rejects.toThrow(
    "device lost",
  );
  expect(await memoizeByKey(known, "b", () => Promise.resolve("other"))).toBe("other");
});
