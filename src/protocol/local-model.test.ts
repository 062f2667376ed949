import fc from "fast-check";
import { expect, test } from "vitest";
import {
  firstPartOf,
  folderDirectory,
  folderModelAddress,
  folderOfFile,
  isLocalModel,
  localFolderOf,
  localModelAddress,
  localModelOf,
} from "./local-model.ts";

const file = { name: "a b?#/ä.gguf", size: 98_362_432, lastModified: 1_700_000_000_123 };

test("an address says of a file what tells it from others", () => {
  const address = localModelAddress(file);
  expect(address).toBe("local:a%20b%3F%23%2F%C3%A4.gguf?size=98362432&modified=1700000000123");
  expect(isLocalModel(address)).toBe(true);
  expect(localModelOf(address)).toEqual(file);
});

test("every name can be spelled, and an address is spelled in one way", () => {
  const unit = fc.integer({ max: 0xffff }).map((code) => String.fromCharCode(code));
  const names = fc.array(unit, { minLength: 1, maxLength: 40 }).map((units) => units.join(""));
  fc.assert(
    fc.property(names, fc.nat(), fc.nat(), (name, size, lastModified) => {
      const address = localModelAddress({ name, size, lastModified });
      const read = localModelOf(address);
      expect(read).toMatchObject({ size, lastModified });
      expect(read && localModelAddress(read)).toBe(address);
    }),
  );
  expect(() => localModelAddress({ ...file, name: "half \ud800.gguf" })).not.toThrow();
});

test.each([
  "https://models.test/a.gguf",
  "local:",
  "local:?size=1&modified=2",
  "local:a.gguf",
  "local:a.gguf?size=-1&modified=2",
  "local:a.gguf?size=1&modified=2&more=3",
  "local:a.gguf?size=1e9&modified=2",
  "local:a/b.gguf?size=1&modified=2",
  "local:%ff.gguf?size=1&modified=2",
  `local:${"a".repeat(2000)}?size=1&modified=2`,
])("%s is no address of a local file", (url) => {
  expect(localModelOf(url)).toBeUndefined();
});

test("a folder has the address of its configuration", () => {
  const address = folderModelAddress("a ä", { size: 5, lastModified: 7 });
  expect(address).toBe("local:a%20%C3%A4%2Fmlc-chat-config.json?size=5&modified=7");
  expect(localFolderOf(address)).toBe("a ä");
  expect(folderOfFile(`${folderDirectory("a ä/?")}tokenizer.json`)).toBe("a ä/?");
  expect(folderOfFile(address)).toBeUndefined();
  const long = folderModelAddress("a".repeat(5000), { size: 5, lastModified: 7 });
  expect(localFolderOf(long)).toBe("a".repeat(255));
  expect(localFolderOf(localModelAddress(file))).toBeUndefined();
  expect(localFolderOf("https://models.test/a/mlc-chat-config.json")).toBeUndefined();
});

test("of several parts, the first one stands for all", () => {
  const parts = ["m-00002-of-00003.gguf", "m-00003-of-00003.gguf", "m-00001-of-00003.gguf"];
  const files = parts.map((name) => ({ name }));
  expect(firstPartOf(files)?.name).toBe("m-00001-of-00003.gguf");
  expect(firstPartOf(files.slice(0, 2))).toBeUndefined();
  expect(firstPartOf([{ name: "m.gguf" }])?.name).toBe("m.gguf");
});
