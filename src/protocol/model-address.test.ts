import { expect, test } from "vitest";
import { isModelAddress, isSameModel } from "./model-address.ts";

test.each([
  ["https://huggingface.co/m/m/resolve/main/", true],
  ["http://localhost:4319/models/pip/", true],
  ["local:m.gguf?size=5&modified=7", true],
  ["local:m.gguf", false],
  ["javascript:alert(1)", false],
  ["blob:https://x.example/1", false],
  ["models/pip/", false],
  ["", false],
  [`https://x.example/${"a".repeat(10_000)}`, false],
])("%s is an address: %s", (text, expected) => {
  expect(isModelAddress(text)).toBe(expected);
});

test("one model may be spelled in several ways", () => {
  const spellings = ["", "/", "/resolve/main", "/resolve/main/", "/tree/main/"];
  for (const spelling of spellings)
    expect(isSameModel("https://huggingface.co/m/m", `https://huggingface.co/m/m${spelling}`)).toBe(
      true,
    );
  expect(isSameModel("https://huggingface.co/m/m", "https://huggingface.co/m/m/resolve/v2/")).toBe(
    false,
  );
  expect(isSameModel("https://x.example/q0f16/", "https://x.example/q4f16_1/")).toBe(false);
});
