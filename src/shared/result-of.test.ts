import { expect, test } from "vitest";
import { fail, ok } from "../protocol/errors.ts";
import { resultOf } from "./result-of.ts";
import { EngineError } from "./engine-error.ts";

test("what a call returns is its value", async () => {
  expect(await resultOf(() => Promise.resolve(7))).toEqual(ok(7));
});

test("an expected failure becomes data", async () => {
  const call = () => Promise.reject(new EngineError({ code: "quota-exceeded" }));
  expect(await resultOf(call)).toEqual(fail({ code: "quota-exceeded" }));
});

test("a bug is not swallowed", async () => {
  await expect(resultOf(() => Promise.reject(new TypeError("oops")))).rejects.toThrow("oops");
});

test("a failure thrown before the first await is a failure too", async () => {
  const call = () => {
    throw new EngineError({ code: "cancelled" });
  };
  expect(await resultOf(call)).toEqual(fail({ code: "cancelled" }));
});
