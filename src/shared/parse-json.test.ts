import fc from "fast-check";
import { expect, test } from "vitest";
import { EngineError } from "./engine-error.ts";
import { MAX_JSON_CONTAINERS } from "./parse-json.ts";
import { parseJson } from "./parse-json.ts";

const URL_OF_FILE = "https://models.test/tokenizer.json";

function detailOf(text: string): string {
  try {
    parseJson(text, URL_OF_FILE);
  } catch (error) {
    if (error instanceof EngineError && error.failure.code === "model-invalid")
      return error.failure.detail;
    throw error;
  }
  throw new Error("it was accepted");
}

test("any JSON is read as it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 20 }), (value) => {
      const text = JSON.stringify(value);
      expect(parseJson(text, URL_OF_FILE)).toEqual(JSON.parse(text));
    }),
  );
});

test("brackets in a text are no levels", () => {
  const texts = ["[".repeat(100), `${"{".repeat(100)}\\`, `"${"[".repeat(100)}`, "\\\\\\"];
  expect(parseJson(JSON.stringify(texts), URL_OF_FILE)).toEqual(texts);
});

test.each(["[", '{"a":', '[{"a":'])("what is nested deep in %s is not parsed", (opening) => {
  expect(detailOf(opening.repeat(5_000_000))).toBe("more than 64 levels deep");
});

test("more lists and objects than any model's are not parsed", () => {
  const text = `[${"{},".repeat(MAX_JSON_CONTAINERS)}[]]`;
  expect(detailOf(text)).toBe("more than 2097152 lists and objects");
});

test.each(["", " ", "{", '{"a":"', '"\\"', "nonsense"])("%j is no JSON", (text) => {
  expect(detailOf(text)).not.toBe("");
});

test("a page in place of a file is called so", () => {
  expect(detailOf(" \n<!doctype html>")).toBe("an HTML page came instead of JSON");
});
