import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EngineError } from "../shared/engine-error.ts";
import { modelDirectory, modelFileUrl } from "./model-url.ts";

test.each([
  ["https://huggingface.co/user/model", "https://huggingface.co/user/model/resolve/main/"],
  ["https://huggingface.co/user/model/", "https://huggingface.co/user/model/resolve/main/"],
  ["https://huggingface.co/user/model/tree/v2", "https://huggingface.co/user/model/resolve/v2/"],
  ["https://huggingface.co/user/model/resolve/v2", "https://huggingface.co/user/model/resolve/v2/"],
  ["http://127.0.0.1:8080/models/pip", "http://127.0.0.1:8080/models/pip/"],
  ["https://models.test/a/b/?download=true#files", "https://models.test/a/b/"],
])("%s means %s", (url, directory) => {
  expect(modelDirectory(url)).toBe(directory);
});

test.each(["models/pip", "", "file:///models/pip"])("%j is refused", (url) => {
  expect(() => modelDirectory(url)).toThrow(EngineError);
});

describe("a file that a repository names", () => {
  const directory = "https://models.test/a%20b/pip/";

  test.each([
    "tensor-cache.json",
    "params_shard_0.bin",
    "part/params_shard_10.bin",
    "a..b.json",
    "_.bin",
    "A/0/c-d_e.f",
  ])("%s lies in the model's directory", (name) => {
    expect(modelFileUrl(directory, name)).toBe(directory + name);
  });

  test.each([
    "",
    ".",
    "..",
    "./x.bin",
    "../x.bin",
    "../../../elsewhere/x.bin",
    "a/../../x.bin",
    "a/./x.bin",
    "a/..",
    "a/",
    "/x.bin",
    "//evil.test/x.bin",
    "a//x.bin",
    "\\evil.test\\x.bin",
    "..\\x.bin",
    "https://evil.test/x.bin",
    "HTTPS:evil.test",
    "data:,x",
    "blob:x",
    "..%2fx.bin",
    "%2e%2e/x.bin",
    "%2E%2E%2Fx.bin",
    ".%2e/x.bin",
    "%252e%252e%252fx.bin",
    "..;/x.bin",
    "x.bin?y",
    "x.bin#y",
    "x.bin ",
    " x.bin",
    "x y.bin",
    ".\t./x.bin",
    ".\n./x.bin",
    "x.bin\n",
    "x\u0000.bin",
    ".hidden",
    "a/.hidden",
    "\uff0e\uff0e/x.bin",
    "\u2024\u2024/x.bin",
    "\u2025/x.bin",
    "a\u2215x.bin",
    "\u202ex.bin",
    "\u00e4.bin",
    "user@evil.test:x",
    "a".repeat(257),
    "a/".repeat(128) + "x",
  ])("%j does not", (name) => {
    expect(modelFileUrl(directory, name)).toBeUndefined();
  });

  test("never leads out of it, whoever decodes the name, and however often", () => {
    // Names are made of parts that could matter, so that many of them are accepted.
    const parts = [
      ...Array.from("ab09._-/\\%?#:@&=+;~ \t\n\u0000\uff0e"),
      "..",
      "%2e",
      "%2f",
      "%5c",
      "%00",
      "bin",
    ];
    const names = fc.oneof(
      fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((some) => some.join("")),
      fc
        .array(fc.constantFrom("a", "b", ".", "_", "-", "/"), { maxLength: 8 })
        .map((some) => some.join("")),
      fc.string({ unit: "binary" }),
      fc.webUrl(),
    );
    let passed = 0;
    fc.assert(
      fc.property(names, (name) => {
        const url = modelFileUrl(directory, name);
        if (url === undefined) return;
        passed++;
        expect(new URL(name, directory).href).toBe(url);
        expect(new URL(url).href).toBe(url);
        expect(url.startsWith(directory)).toBe(true);
        for (let again = 0, path = name; again < 3; again++, path = decodeURIComponent(path))
          expect(path.split(/[/\\]/).some((part) => /^\.*$/.test(part))).toBe(false);
      }),
      { numRuns: 2000 },
    );
    expect(passed).toBeGreaterThan(50);
  });
});
