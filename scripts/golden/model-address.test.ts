import { expect, test } from "vitest";
import { SOURCES } from "../../src/model/sources/sources.ts";
import { addressOf, isRead } from "./model-address.ts";

const FOLDER = "http://127.0.0.1:8000/3/";

test("a folder is its own address, a file lies in it", () => {
  expect(addressOf({ file: undefined }, FOLDER)).toBe(FOLDER);
  expect(addressOf({ file: "a b%.gguf" }, FOLDER)).toBe(`${FOLDER}a%20b%25.gguf`);
});

test("a source that takes every address for a directory reads no single files", () => {
  expect(isRead({ file: undefined })).toBe(true);
  expect(isRead({ file: "model.unknown" })).toBe(false);
});

test("a source of single files is found by being registered", () => {
  const ofFiles = {
    matches: (url: string) => url.endsWith(".unknown"),
    address: (url: string) => url,
    find: () => Promise.reject(new Error("nothing is read here")),
  };
  const sources = [ofFiles, ...SOURCES];
  expect(isRead({ file: "model.unknown" }, sources)).toBe(true);
  expect(isRead({ file: "model.other" }, sources)).toBe(false);
});
