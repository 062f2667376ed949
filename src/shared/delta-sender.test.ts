import { expect, test } from "vitest";
import type { ReplyDelta } from "../protocol/engine-api.ts";
import { DeltaSender } from "./delta-sender.ts";

test("text that comes while a call is on its way goes with the next, in order", async () => {
  const calls: string[] = [];
  const arrive: (() => void)[] = [];
  const sender = new DeltaSender(({ text }) => {
    calls.push(text);
    return new Promise((resolve) => arrive.push(resolve));
  });
  sender.push({ reasoning: "", text: "a" });
  sender.push({ reasoning: "", text: "b" });
  sender.push({ reasoning: "", text: "c" });
  expect(calls).toEqual(["a"]);
  arrive.shift()?.();
  await expect.poll(() => calls).toEqual(["a", "bc"]);

  const flushed = sender.flushed();
  arrive.shift()?.();
  await flushed;
  sender.push({ reasoning: "", text: "d" });
  await expect.poll(() => calls).toHaveLength(3);
  expect(calls).toEqual(["a", "bc", "d"]);
});

test("text that comes soon after a call goes together, at the latest when there is no more", async () => {
  const calls: string[] = [];
  const sender = new DeltaSender(({ text }) => void calls.push(text));
  for (const text of ["a", "b", "c"]) {
    sender.push({ reasoning: "", text });
    await Promise.resolve();
  }
  expect(calls).toEqual(["a"]);
  await sender.flushed();
  expect(calls).toEqual(["a", "bc"]);
});

test("a page that is gone is noticed", async () => {
  const sender = new DeltaSender(() => Promise.reject(new Error("gone")));
  sender.push({ reasoning: "", text: "a" });
  await expect(sender.flushed()).rejects.toThrow("gone");
});

test("reasoning and text that come together go together, and no reasoning is none", async () => {
  const calls: ReplyDelta[] = [];
  const sender = new DeltaSender((delta) => {
    calls.push(delta);
    return Promise.resolve();
  });
  sender.push({ reasoning: "Hm", text: "" });
  sender.push({ reasoning: ".", text: "" });
  sender.push({ reasoning: "", text: "Hi" });
  await sender.flushed();
  sender.push({ reasoning: "", text: "!" });
  await sender.flushed();
  expect(calls).toEqual([
    { reasoning: "Hm", text: "" },
    { reasoning: ".", text: "Hi" },
    { text: "!" },
  ]);
});
