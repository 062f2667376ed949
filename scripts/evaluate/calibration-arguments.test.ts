import { expect, test } from "vitest";
import { CALIBRATE_USAGE, calibrationArguments } from "./calibration-arguments.ts";

const FILES = ["--model", "a.gguf", "--chats", "b.jsonl", "--out", "c.bin"];

test("without arguments it is Pip's basis that is made", () => {
  expect(calibrationArguments([])).toBeUndefined();
});

test("three files are enough, and the shape of the basis can be chosen", () => {
  const files = { model: "a.gguf", chats: "b.jsonl", out: "c.bin" };
  expect(calibrationArguments(FILES)).toEqual({ ...files, group: 5 });
  const shape = ["--group", "2", "--components", "100", "--wide", "32"];
  expect(calibrationArguments([...FILES, ...shape])).toEqual({
    ...files,
    group: 2,
    components: 100,
    wide: 32,
  });
});

test("what is wrong is said in a sentence", () => {
  expect(() => calibrationArguments(["--model", "a.gguf"])).toThrow(CALIBRATE_USAGE);
  expect(() => calibrationArguments([...FILES, "--group", "0"])).toThrow(
    '--group takes a whole number from 1 on, not "0".',
  );
});
