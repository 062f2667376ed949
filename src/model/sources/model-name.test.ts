import { expect, test } from "vitest";
import { directoryName, displayName } from "./model-name.ts";

test.each([
  ["SmolLM2 135M Instruct", "SmolLM2 135M Instruct"],
  ["  a\u0000b\n\tc\u202ed\u200b ", "a b c d"],
  ["\ud800", ""],
  ["", ""],
  ["x".repeat(1e6), `${"x".repeat(80)}…`],
  ["😀".repeat(90), `${"😀".repeat(80)}…`],
])("%j is shown as %j", (name, shown) => {
  expect(displayName(name)).toBe(shown);
});

test.each([
  ["https://huggingface.co/user/Model-1B-MLC/resolve/main/", "Model-1B-MLC"],
  ["https://models.test/models/pip/mlc-q0f16/", "mlc-q0f16"],
  ["https://models.test/a%20b/", "a b"],
  ["https://models.test/a%ff/", "a%ff"],
  ["https://models.test/", "models.test"],
])("%s is called %s", (url, name) => {
  expect(directoryName(url)).toBe(name);
});
