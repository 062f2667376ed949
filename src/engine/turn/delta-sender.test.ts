import { expect, test } from "vitest";
import { DeltaSender } from "./delta-sender.ts";

test("text that comes while a call is on its way goes with the next, in order", async () => {
  const calls: string[] = [];
  const arrive: (() => void)[] = [];
  const sender = new DeltaSender(({ text }) => {
    calls.push(text);
    return new Promise((resolve) => arrive.push(resolve));
  });
  sender.push("a");
  sender.push("b");
  sender.push("c");
  expect(calls).toEqual(["a"]);
  arrive.shift()?.();
  await expect.poll(() => calls).toEqual(["a", "bc"]);

  const flushed = sender.flushed();
  arrive.shift()?.();
  await flushed;
  sender.push("d");
  expect(calls).toEqual(["a", "bc", "d"]);
});

test("a page that is gone is noticed", async () => {
  const sender = new DeltaSender(() => Promise.reject(new Error("gone")));
  sender.push("a");
  await expect(sender.flushed()).rejects.toThrow("gone");
});
