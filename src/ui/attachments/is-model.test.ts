import { expect, test } from "vitest";
import { isModel } from "./is-model.ts";

const file = (name: string) => ({ file: new File(["x"], name) });

test("folders and files in GGUF are models, and everything else is no model", () => {
  expect(isModel([file("m.GGUF"), file("m.txt")])).toBe(true);
  expect(isModel([{ ...file("config.json"), folder: "model" }])).toBe(true);
  expect(isModel([])).toBe(true);
  expect(isModel([file("notes.txt"), file("gguf")])).toBe(false);
});
