import { describe, expect, test } from "vitest";
import { EngineError } from "../../../shared/engine-error.ts";
import { GgufMetadata, type GgufScalar, type GgufValue } from "./gguf-metadata.ts";

const list = (...items: GgufScalar[]) => ({ length: items.length, read: () => items });

const values: Record<string, GgufValue> = {
  text: "abc",
  yes: true,
  small: 7,
  big: 2n ** 63n,
  seven: 7n,
  half: 0.5,
  nan: NaN,
  texts: list("a", "b"),
  ids: list(1, 2n),
  mixed: list(1, "a"),
};

const metadata = new GgufMetadata(new Map(Object.entries(values)), "local:a.gguf");

test("values of the right kind are read", () => {
  expect(metadata.string("text")).toBe("abc");
  expect(metadata.boolean("yes")).toBe(true);
  expect(metadata.integer("small")).toBe(7);
  expect(metadata.integer("seven", { min: 7, max: 7 })).toBe(7);
  expect(metadata.number("half", { min: 0, max: 1 })).toBe(0.5);
  expect(metadata.strings("texts", { most: 2 })).toEqual(["a", "b"]);
  expect(metadata.numbers("ids", { most: 2 })).toEqual([1, 2]);
  expect([metadata.lengthOf("ids"), metadata.lengthOf("none")]).toEqual([2, undefined]);
  expect([metadata.has("text"), metadata.has("none")]).toEqual([true, false]);
});

test("a value that is absent may have another in its place", () => {
  expect(metadata.string("none", "x")).toBe("x");
  expect(metadata.boolean("none", false)).toBe(false);
  expect(metadata.integer("none", undefined, 3)).toBe(3);
  expect(metadata.number("none", { min: 0, max: 1 }, 0.25)).toBe(0.25);
  expect(metadata.strings("none", { most: 2, absent: [] })).toEqual([]);
});

describe("every other value is refused by a sentence that names its key", () => {
  const bounds = { min: 0, max: 10 };
  test.each<[string, () => unknown]>([
    ["none is missing", () => metadata.string("none")],
    ["small is 7, not a string", () => metadata.string("small", "absent")],
    ["small is 7, not true or false", () => metadata.boolean("small")],
    ['text is "abc", not an integer from 0 to 10', () => metadata.integer("text", bounds)],
    ["big is 9223372036854775808, not an integer", () => metadata.integer("big")],
    ["half is 0.5, not an integer", () => metadata.integer("half")],
    ["nan is NaN, not a number from 0 to 10", () => metadata.number("nan", bounds)],
    ["texts is a list, not a string", () => metadata.string("texts")],
    ["small is 7, not a list of strings", () => metadata.strings("small", { most: 2 })],
    ["texts has 2 entries, more than 1", () => metadata.strings("texts", { most: 1 })],
    ["mixed is not a list of strings", () => metadata.strings("mixed", { most: 2 })],
    ["mixed is not a list of numbers", () => metadata.numbers("mixed", { most: 2 })],
  ])("%s", (detail, read) => {
    let failure: unknown;
    try {
      read();
    } catch (error) {
      failure = error instanceof EngineError && error.failure;
    }
    expect(failure).toMatchObject({ code: "model-invalid", fault: "metadata-value" });
    expect(failure).toHaveProperty("detail", expect.stringContaining(detail));
  });
});
